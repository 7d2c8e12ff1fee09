"""The ledger: what became of every item of a request, by project and time of receipt.

Holds an entry's form and the seam of who keeps it. No I/O: on one machine a journal keeps the
entries, on AWS the request's log line is the entry. Knows no HTTP and no dialect.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import gmtime, strftime
from typing import Any, Protocol

from openbunker.core import jsontext
from openbunker.core.errors import OpenbunkerError
from openbunker.core.records import Record
from openbunker.core.times import HOUR_MS
from openbunker.core.verdict import FATES, Fate, Verdict

_to_json = jsontext.writer(json.JSONEncoder(separators=(",", ":")))


class BookUnavailable(OpenbunkerError):
    """The ledger did not take an entry: what it accounts for must not be answered as accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request of one project: the ids it was told are durable, and how many it was not.

    `stored` and `spilled` are event ids; `refused` and `retry` count items. `received_ms` is the
    time of receipt that the request's events carry.
    """

    project_id: str
    received_ms: int
    stored: Sequence[str] = ()
    spilled: Sequence[str] = ()
    refused: int = 0
    retry: int = 0

    @classmethod
    def of(cls, project_id: str, received_ms: int, verdicts: Sequence[Verdict]) -> "Entry":
        """Return the entry of a request whose items ended as the verdicts say."""
        ended = {fate: [v for v in verdicts if v.fate is fate] for fate in FATES}
        return cls(
            project_id=project_id,
            received_ms=received_ms,
            stored=_ids(ended[Fate.STORED]),
            spilled=_ids(ended[Fate.SPILLED]),
            refused=len(ended[Fate.REFUSED]),
            retry=len(ended[Fate.RETRY]),
        )

    @classmethod
    def whole(cls, project_id: str, received_ms: int, fate: Fate, items: int) -> "Entry":
        """Return the entry of a request all of whose items ended so: refused, or to be resent."""
        refused = items if fate is Fate.REFUSED else 0
        return cls(
            project_id=project_id,
            received_ms=received_ms,
            refused=refused,
            retry=items - refused,
        )

    def encode(self) -> bytes:
        """Return the entry as one JSON line."""
        line: dict[str, Any] = {"project_id": self.project_id, "received_ms": self.received_ms}
        for name in FATES:
            if value := getattr(self, name):
                line[name] = value
        return (_to_json(line) + "\n").encode()

    def count(self, fate: Fate) -> int:
        """Return how many items ended so."""
        value: int | Sequence[str] = getattr(self, fate)
        return value if isinstance(value, int) else len(value)


def hour(at_ms: int) -> str:
    """Return the hour of a time as the books name it: UTC, `2026-11-21T04`."""
    return _hour(at_ms // HOUR_MS)


@lru_cache(maxsize=8)
def _hour(number: int) -> str:
    return strftime("%Y-%m-%dT%H", gmtime(number * HOUR_MS // 1000))


def decode(line: bytes) -> Entry:
    """Return the entry of one line. Raises ValueError for what is none."""
    try:
        return Entry(**json.loads(line))
    except TypeError as error:
        raise ValueError("this line is no entry of the books") from error


class Book(Protocol):
    """Who keeps the entries."""

    def enter(self, entry: Entry) -> None:
        """Make the entry durable. Raises BookUnavailable."""


class NoBook:
    """Keeps nothing: on AWS each request's log line is the entry."""

    def enter(self, _entry: Entry) -> None:
        """Do nothing."""


# What is known to be durable: nothing, the records without their entry, or both.
NOTHING, RECORDS, BOTH = range(3)
# Makes records durable and then the entry that says so; returns which of them are.
Together = Callable[[Sequence[Record], Entry], int]


def never(_records: Sequence[Record], _entry: Entry) -> int:
    """Store nothing: there is no such way."""
    return NOTHING


def _ids(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.accepted.event_id for verdict in verdicts if verdict.accepted]
