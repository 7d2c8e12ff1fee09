"""Whether a request came through the edge in front, and what the edge says of its sender.

An edge (CloudFront, `edge.yaml`) proves itself by a header that only it and the functions know.
Without one nobody is believed and nobody is turned away. Knows no route and no settings.
"""

from dataclasses import dataclass, replace
from hmac import compare_digest

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.web.http import Request

HEADER = "x-openbunker-edge"
FORWARDED = "x-forwarded-for"
ELSEWHERE = "Requests are taken at the address in front alone."


@dataclass(frozen=True, slots=True)
class Edge:
    """The secrets of an edge: one, two while it is changed, none where no edge is."""

    secrets: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: str | None) -> "Edge":
        """Return the edge of secrets with commas between them."""
        return cls(tuple(secret for secret in (told or "").split(",") if secret))

    def seen(self, request: Request) -> Request:
        """Return a request as the edge saw it. Raises RequestRefused for one that went around."""
        if not self.secrets:
            return request
        told = (request.header(HEADER) or "").encode("utf-8", "replace")
        # No early end: how long it takes must not tell which secret was nearly right.
        if not sum(compare_digest(told, secret.encode()) for secret in self.secrets):
            raise RequestRefused(Reason.NOT_FROM_EDGE, ELSEWHERE)
        headers = {name: value for name, value in request.headers.items() if name != HEADER}
        return replace(request, headers=headers, source_ip=_sender(request))


NO_EDGE = Edge()


def _sender(request: Request) -> str:
    """Return the address that the edge took the request from.

    Edge and gateway each append whom they spoke to: the gateway its peer, which is the edge, and
    the edge its own. What stands before that is the sender's word.
    """
    chain = [one.strip() for one in (request.header(FORWARDED) or "").split(",")]
    if len(chain) > 1 and chain[-1] == request.source_ip:
        return chain[-2]
    return chain[-1] or request.source_ip
