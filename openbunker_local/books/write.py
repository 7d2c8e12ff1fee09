"""The books of one machine: an embedded stream of their own, rooted at DATA/books.

The same journal, group commit and objects as for events, so an entry is synced before the answer
that it accounts for. Writes only; who reads them is `ledger`.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from openbunker.core.books import NOTHING, BookUnavailable, Entry, Together
from openbunker.core.records import MAX_RECORD_BYTES, Record
from openbunker.sinks.sink import StreamError
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.stream import EmbeddedStream

FOLDER = "books"
STREAM = "openbunker-books"
# Nobody waits for an entry to become an object; a minute is the most that one may hold.
DELIVER_AFTER_SECONDS = 60.0


# Makes a record durable, then the line of its entry; returns which of them are (`core.books`).
Put = Callable[[bytes, bytes], int]


def unable(_record: bytes, _line: bytes) -> int:
    """Store nothing."""
    return NOTHING


def together(put: Put) -> Together:
    """Return what makes a request's records and their entry durable in one wait."""

    def both(records: Sequence[Record], entry: Entry) -> int:
        record = b"".join([one.data for one in records])
        return put(record, entry.encode()) if len(record) <= MAX_RECORD_BYTES else NOTHING

    return both


class LocalBook:
    """A Book over an embedded stream. Threads share it; one process holds it at a time.

    `disk` is for tests.
    """

    def __init__(
        self,
        data: Path,
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        disk: Disk | None = None,
    ) -> None:
        self.stream = EmbeddedStream(
            data / FOLDER,
            stream=STREAM,
            now_ms=now_ms,
            disk=disk,
            deliver_after_seconds=DELIVER_AFTER_SECONDS,
        )

    def enter(self, entry: Entry) -> None:
        """Bring an entry to the disk. Raises BookUnavailable when the disk refuses."""
        self.write(entry.encode())

    def write(self, line: bytes) -> None:
        """Bring an entry's line to the disk. Raises BookUnavailable."""
        try:
            (answer,) = self.stream.put_record_batch([line])
        except StreamError as error:
            raise BookUnavailable(str(error)) from error
        if "ErrorCode" in answer:
            raise BookUnavailable(str(answer.get("ErrorMessage")))

    def why_not(self) -> str:
        """Return why an entry could not be made durable now, nothing when it could."""
        return self.stream.why_not()

    def flush(self) -> None:
        """Turn what was entered into objects."""
        with suppress(OSError):
            self.stream.flush()

    def close(self) -> None:
        """Take no more entries and end the threads. Never raises."""
        self.stream.close()
