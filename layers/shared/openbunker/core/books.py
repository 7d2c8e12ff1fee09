"""The ledger: what became of every item of a request, by project and time of receipt.

Holds an entry's form and the seam of who keeps it. No I/O: on one machine a journal keeps the
entries, on AWS the request's log line is the entry. Knows no HTTP and no dialect.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import gmtime, strftime
from typing import Any, Protocol

from openbunker.core.errors import OpenbunkerError
from openbunker.core.verdict import Fate, Verdict

_to_json = json.JSONEncoder(separators=(",", ":")).encode


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

    def encode(self) -> bytes:
        """Return the entry as one JSON line."""
        line: dict[str, Any] = {"project_id": self.project_id, "received_ms": self.received_ms}
        for name in Fate:
            if value := getattr(self, name):
                line[name.value] = value
        return (_to_json(line) + "\n").encode()

    def count(self, fate: Fate) -> int:
        """Return how many items ended so."""
        value: int | Sequence[str] = getattr(self, fate)
        return value if isinstance(value, int) else len(value)


def hour(at_ms: int) -> str:
    """Return the hour of a time as the books name it: UTC, `2026-11-21T04`."""
    return strftime("%Y-%m-%dT%H", gmtime(at_ms // 1000))


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


@dataclass(slots=True)
class Tally:
    """What is known of a request while it is served: whose it is, and how its items ended.

    A request that is refused before anybody counted its items counts as one. `fates` is empty
    until the request is settled; then their sum is `items`. No project, no entry: requests
    without a good key are only logged. `refused_id` names the one row that all of a refused
    request was kept as.
    """

    received_ms: int
    project_id: str = ""
    items: int = 1
    refused_id: str = ""
    fates: dict[str, int] = field(default_factory=dict)
    settled: bool = False

    def settle(self, verdicts: Sequence[Verdict], enter: Callable[[Entry], None]) -> None:
        """Enter what the verdicts say. Raises BookUnavailable; then nothing is settled."""
        ended = {fate: [v for v in verdicts if v.fate is fate] for fate in Fate}
        entry = Entry(
            project_id=self.project_id,
            received_ms=self.received_ms,
            stored=_ids(ended[Fate.STORED]),
            spilled=_ids(ended[Fate.SPILLED]),
            refused=len(ended[Fate.REFUSED]),
            retry=len(ended[Fate.RETRY]),
        )
        if verdicts:
            enter(entry)
        self.fates = {fate.value: len(found) for fate, found in ended.items()}
        self.settled = True

    def settle_refused(self, fate: Fate, enter: Callable[[Entry], None]) -> None:
        """Enter that all items of a request ended so; one that fits no project is not entered."""
        self.fates, self.settled = {fate.value: self.items}, True
        if self.project_id:
            refused = self.items if fate is Fate.REFUSED else 0
            enter(
                Entry(
                    project_id=self.project_id,
                    received_ms=self.received_ms,
                    refused=refused,
                    retry=self.items - refused,
                )
            )


def _ids(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.accepted.event.event_id for verdict in verdicts if verdict.accepted]
