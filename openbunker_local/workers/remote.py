"""The server's stream, spill, books and limits, as a worker sees them: each asks through `Ask`.

The shapes are those of the parts that they stand for; `desk` is the other side of each.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from openbunker.core.books import BookUnavailable, Entry
from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.ingest.burst import Buckets
from openbunker.ingest.event_names import NameBudget
from openbunker.sinks.sink import StreamError

# The name of what is asked for, and what it is given; returns what `desk.Desk` says.
Ask = Callable[..., Any]


class RemoteStream:
    """The server's StreamClient."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def put_record_batch(
        self, records: Sequence[bytes], seconds: float | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return one answer per record, in order. Raises StreamError."""
        told: list[dict[str, Any]] | tuple[str, str] = self._ask("put", list(records), seconds)
        if isinstance(told, tuple):
            raise StreamError(*told)
        return told


class RemoteSpill:
    """The server's Sink for what its stream does not take."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def publish(self, records: Sequence[Record], seconds: float | None = None) -> list[Delivery]:
        """Write records and report one delivery per record, in the same order."""
        told = self._ask("spill", [one.data for one in records], seconds)
        return [
            Delivery(Fate(fate), Reason(reason) if reason else None, detail)
            for fate, reason, detail in told
        ]


class RemoteBook:
    """The server's Book."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def enter(self, entry: Entry) -> None:
        """Make the entry durable. Raises BookUnavailable."""
        if why := self._ask("enter", entry.encode()):
            raise BookUnavailable(why)


class RemoteRefused:
    """The server's RefusedSink."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def keep(self, records: Sequence[Record], project_id: str, *, due: bool = False) -> int:
        """Write records of a project and return how many of them were taken."""
        told: int = self._ask("keep", [one.data for one in records], project_id, due)
        return told


class RemoteNames(NameBudget):
    """The server's event names: a project has so many of them, whoever walks its events."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask

    def beyond(self, project: str, names: Iterable[str], limit: int) -> frozenset[str]:
        """Return those of the names that no longer fit."""
        return frozenset(self._ask("beyond", project, list(names), limit))

    def count(self, project: str, names: Iterable[str]) -> None:
        """Remember names that were stored."""
        self._ask("count", project, list(names))


class RemoteBuckets(Buckets):
    """The server's buckets: a key's rate is one for all processes."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask

    def take(self, name: str, count: int, per_second: int, now: float) -> int:  # noqa: ARG002
        """Take tokens and return 0, or the seconds until there are any."""
        told: int = self._ask("take", name, count, per_second)
        return told
