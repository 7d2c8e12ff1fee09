"""What a worker may ask of the server: the parts that are one for all processes.

Each answer is of plain values. Who asks is a task of the server's loop, or a thread.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openbunker.core.books import BookUnavailable
from openbunker.core.records import Record
from openbunker.ingest.services import Services
from openbunker.sinks.sink import Sink, StreamClient, StreamError
from openbunker_local.books.write import LocalBook, Put, unable

# What is asked for so that something is kept.
STORING = frozenset({"put", "together", "spill", "enter", "keep"})


@dataclass(frozen=True, slots=True)
class Desk:
    """The server's own parts. `services` are what it takes events in with itself."""

    stream: StreamClient
    spill: Sink
    book: LocalBook
    services: Services
    put: Put = unable

    def answer(self, name: str, given: tuple[Any, ...]) -> Any:
        """Return what is asked for."""
        return _ANSWERS[name](self, *given)

    def _put(self, records: list[bytes], seconds: float | None) -> Any:
        try:
            return [dict(one) for one in self.stream.put_record_batch(records, seconds)]
        except StreamError as error:
            return error.code, str(error)

    def _together(self, record: bytes, entry: bytes) -> int:
        return self.put(record, entry)

    def _spill(self, lines: list[bytes], seconds: float | None) -> Any:
        found = self.spill.publish([Record(line) for line in lines], seconds)
        return [(str(one.fate), str(one.reason or ""), one.detail) for one in found]

    def _enter(self, line: bytes) -> str:
        try:
            self.book.write(line)
        except BookUnavailable as error:
            return str(error) or "unavailable"
        return ""

    def _keep(self, lines: list[bytes], project_id: str, due: bool) -> int:
        refused = self.services.refused
        records = [Record(line) for line in lines]
        return refused.keep(records, project_id, due=due) if refused else 0

    def _take(self, name: str, count: int, per_second: int) -> int:
        return self.services.buckets.take(name, count, per_second, time.monotonic())

    def _beyond(self, project: str, names: list[str], limit: int) -> list[str]:
        return list(self.services.names.beyond(project, names, limit))

    def _count(self, project: str, names: list[str]) -> None:
        self.services.names.count(project, names)


_ANSWERS: dict[str, Callable[..., Any]] = {
    "put": Desk._put,
    "together": Desk._together,
    "spill": Desk._spill,
    "enter": Desk._enter,
    "keep": Desk._keep,
    "take": Desk._take,
    "beyond": Desk._beyond,
    "count": Desk._count,
}
