"""Where the next page of a listing begins, as a text that only this package reads. Pure.

A cursor carries no right: whose rows are seen is the key's matter alone. It is checked against
the request it continues, so that a page is never that of another question; who forges one gets
another place in rows that are theirs anyway.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

MAX_CURSOR = 500
_VERSION = 1
_TYPES = [int, int, int, int, str]
# These may change from page to page.
_LOOSE = ("cursor", "limit")


@dataclass(frozen=True, slots=True)
class Place:
    """The last row of a page, and the period of the first page, whose now was another."""

    from_ms: int
    to_ms: int
    timestamp_ms: int
    event_id: str


def text_of(place: Place, body: Mapping[str, Any], project_id: str) -> str:
    """Return the cursor that continues a request at a place."""
    values = [_VERSION, *astuple(place)]
    told = json.dumps([*values, _seal(values, body, project_id)])
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def place_of(text: str, body: Mapping[str, Any], project_id: str) -> Place:
    """Return the place of a cursor. Raises ValueError when it is not one of this request."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        *values, seal = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        genuine = seal == _seal(values, body, project_id)
    except (ValueError, TypeError, RecursionError):
        genuine = False
    if not genuine or [type(value) for value in values] != _TYPES or values[0] != _VERSION:
        raise ValueError("is not a cursor of this request; leave it out to begin anew")
    return Place(*values[1:])


def _seal(values: list[Any], body: Mapping[str, Any], project_id: str) -> str:
    asked = {name: value for name, value in body.items() if name not in _LOOSE}
    told = json.dumps([values, project_id, asked], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]
