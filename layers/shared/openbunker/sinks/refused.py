"""Where refused items go: the contract, the one over a delivery stream, and the fake for tests.

Best effort by design: one attempt, no resending, no spill, because the answer waits for it and
says "refused" either way. Knows no row format.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from openbunker.core.records import Record
from openbunker.sinks.chunking import chunks
from openbunker.sinks.packing import Pack, pack
from openbunker.sinks.sink import StreamClient, StreamError

# How long an answer may wait for the keeping of what it refuses.
KEEP_SECONDS = 1.0
# What an environment keeps of a project in an hour: of mistakes, and of what is over a quota.
HOUR_MS = 3_600_000
MISTAKES_BYTES, DUE_BYTES = 32 * 1024 * 1024, 512 * 1024 * 1024


class RefusedSink(Protocol):
    """Where rows of what was refused become durable, if they can."""

    def keep(self, records: Sequence[Record], project_id: str, *, due: bool = False) -> int:
        """Write records of a project and return how many of them were taken.

        `due`: what is lost when it is not taken. Never raises for a failing call.
        """


class Share(Protocol):
    """How much of a place each project may fill."""

    def has_room(self, project_id: str, size: int, *, due: bool) -> bool:
        """Return whether so many bytes more may be kept of a project."""

    def add(self, project_id: str, size: int) -> None:
        """Count bytes that were kept. Never raises."""


class NoShare:
    """The Share of a place that has no end."""

    def has_room(self, project_id: str, size: int, *, due: bool) -> bool:  # noqa: ARG002
        """Say that there is room."""
        return True

    def add(self, project_id: str, size: int) -> None:
        """Count nothing."""


class HourShare:
    """The Share of one environment: so much of a project in an hour, far less of it mistakes.

    It knows nothing of other environments, so that no refusal waits for a count: a brake, as the
    rate of a key is one, and no meter. Threads may share it.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._hour = 0
        self._filled: dict[str, int] = {}

    def has_room(self, project_id: str, size: int, *, due: bool) -> bool:
        """Return whether so many bytes more may be kept of a project in this hour."""
        hour = self._now_ms() // HOUR_MS
        if hour != self._hour:
            self._hour, self._filled = hour, {}
        return self._filled.get(project_id, 0) + size <= (DUE_BYTES if due else MISTAKES_BYTES)

    def add(self, project_id: str, size: int) -> None:
        """Count bytes that were kept."""
        self._filled[project_id] = self._filled.get(project_id, 0) + size


class StreamRefusedSink:
    """A RefusedSink over a StreamClient. Threads may share it if they may share that client.

    `log` is told the code of a failure, for the count alone does not say what to mend.
    """

    def __init__(
        self,
        client: StreamClient,
        share: Share | None = None,
        log: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._client = client
        self._share = share or NoShare()
        self._log = log

    def keep(self, records: Sequence[Record], project_id: str, *, due: bool = False) -> int:
        """Send the records once, packed, and return how many the stream took."""
        size = sum(len(one.data) for one in records)
        if not self._share.has_room(project_id, size, due=due):
            return 0
        taken = sum(self._taken(chunk) for chunk in chunks(pack(records)))
        if taken:
            self._share.add(project_id, size)
        return taken

    def _taken(self, chunk: Sequence[Pack]) -> int:
        try:
            answers = self._client.put_record_batch([one.data for one in chunk], KEEP_SECONDS)
        except StreamError as error:
            return self._failed(error.code)
        if len(answers) != len(chunk):
            return self._failed("MismatchedAnswer")
        taken = [one.get("RecordId") and not one.get("ErrorCode") for one in answers]
        if not all(taken):
            codes = [
                one.get("ErrorCode") for one, good in zip(answers, taken, strict=True) if not good
            ]
            self._failed(str(codes[0] or "UnknownFailure"))
        return sum(one.count for one, good in zip(chunk, taken, strict=True) if good)

    def _failed(self, code: str) -> int:
        if self._log:
            self._log({"level": "WARNING", "sink": "refused", "cause": code})
        return 0


class MemoryRefusedSink:
    """Keeps records in a list; takes none while `down`."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.down = False

    def keep(self, records: Sequence[Record], project_id: str, *, due: bool = False) -> int:  # noqa: ARG002
        """Keep the records and return how many there were."""
        if self.down:
            return 0
        self.records += records
        return len(records)
