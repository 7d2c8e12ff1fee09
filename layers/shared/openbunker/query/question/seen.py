"""What a walk along the newest events has shown, as a text that only this package reads. Pure.

All that was received before a place was shown, or was there before the walk began; of what was
received after it, some was shown already, and is known by a mark. The place moves over times alone
of which everything is visible, so files may become visible in any order.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# A request's line and headers have 10,240 bytes (API Gateway's quotas); 4 of them hold 3 of marks.
MARK_BYTES, MAX_MARKS, MAX_TEXT = 6, 600, 6_000
NOT_OURS = "is not of this request; leave it out to begin anew"
_VERSION, _SEAL = 1, 16
_TYPES = [int, int, str, str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a walk stands: all up to (`at_ms`, `last_id`), and what `marks` name after it.

    `state` is that of the files of which everything was shown; none where more waits, or where
    nobody can tell.
    """

    at_ms: int
    last_id: str = ""
    marks: frozenset[bytes] = frozenset()
    state: str = ""

    @property
    def place(self) -> tuple[int, str]:
        """The place in the order of receipt."""
        return self.at_ms, self.last_id


def mark(table: str, key: str) -> bytes:
    """Return what tells a row of a table from the others: an event by its dedupe key."""
    return hashlib.sha256(f"{table}:{key}".encode("utf-8", "surrogatepass")).digest()[:MARK_BYTES]


def text_of(seen: Seen, asked: Mapping[str, str], project_id: str) -> str:
    """Return the text of a walk that goes by these filters."""
    marks = b"".join(sorted(seen.marks))
    values = [_VERSION, seen.at_ms, seen.last_id, seen.state]
    told = json.dumps([*values, _seal(values, marks, asked, project_id)], separators=(",", ":"))
    return f"{_encoded(told.encode())}.{_encoded(marks)}"


def seen_of(text: str, asked: Mapping[str, str], project_id: str) -> Seen:
    """Return what a text says. Raises ValueError when it is not one of this request."""
    try:
        head, _, tail = text.partition(".")
        values, data = json.loads(_decoded(head)), _decoded(tail)
        *told, seal = values
        genuine = seal == _seal(told, data, asked, project_id)
    except (ValueError, TypeError, RecursionError):
        genuine = False
    if not genuine or [type(value) for value in values] != _TYPES or told[0] != _VERSION:
        raise ValueError(NOT_OURS)
    places = range(0, len(data), MARK_BYTES)
    marks = frozenset(data[at : at + MARK_BYTES] for at in places)
    return Seen(told[1], told[2], marks, told[3])


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)


def _seal(values: list[Any], marks: bytes, asked: Mapping[str, str], project_id: str) -> str:
    told = json.dumps([values, marks.hex(), project_id, dict(asked)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:_SEAL]
