"""The parameters of a route's address: none that it does not know. Knows HTTP, and no route."""

from collections.abc import Collection

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.web.http import Request

MAX_ECHO = 64


def hold(request: Request, allowed: Collection[str]) -> None:
    """Raise RequestRefused where an address has a parameter that is not one of these."""
    if unknown := sorted(set(request.query) - set(allowed)):
        there_are = ", ".join(allowed) or "none"
        text = f"{unknown[0][:MAX_ECHO]}: is not a parameter; there are {there_are}"
        raise RequestRefused(Reason.INVALID_QUERY, text)
