"""The spill of one machine: a folder of files that the embedded stream did not take.

A file holds the records of one call, as lines, whole or not at all; it is on the disk before the
call is answered. Who brings them back into the stream is replayer.py.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from errno import errorcode
from pathlib import Path
from threading import Event

from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate
from openbunker_local.stream.disk import Disk

FOLDER = "spill"
SUFFIX = ".jsonl"
SPILLED = Delivery(Fate.SPILLED)


class FolderSpill:
    """A Sink below a data folder. Threads share it. Raises OSError when it cannot be made.

    `new_id` makes the name of a file: hex digits in order of time. `arrived` is set when there
    is a new one.
    """

    def __init__(self, data: Path, disk: Disk, new_id: Callable[[], str]) -> None:
        self._folder = data / FOLDER
        self._disk = disk
        self._new_id = new_id
        self.arrived = Event()
        disk.make_folder(self._folder)
        for part in self._folder.glob(".*.part"):  # of a crash: nobody was told "spilled"
            disk.remove(part)

    def publish(self, records: Sequence[Record], _seconds: float | None = None) -> list[Delivery]:
        """Bring the records to the disk as one file: all are `spilled`, or all are `retry`."""
        if not records:
            return []
        whole = self._folder / f"{self._new_id()}{SUFFIX}"
        try:
            self._write(whole, b"".join(record.data for record in records))
        except OSError as error:
            code = errorcode.get(error.errno or 0, "OSError")
            return [Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, code)] * len(records)
        self.arrived.set()
        return [SPILLED] * len(records)

    def waiting(self) -> list[Path]:
        """Return the files that wait to be replayed, oldest first. Raises OSError."""
        return sorted(self._folder.glob(f"*{SUFFIX}"))

    def read(self, file: Path) -> Iterator[Record]:
        """Yield the records of a file, as they were spilled. Raises OSError."""
        with file.open("rb") as lines:
            yield from (Record(line) for line in lines)

    def forget(self, file: Path) -> None:
        """Remove a file whose records are in the stream. Raises OSError."""
        self._disk.remove(file)

    def _write(self, whole: Path, data: bytes) -> None:
        part = whole.with_name(f".{whole.name}.part")
        try:
            with self._disk.open_new(part) as file:
                file.write(data)
            self._disk.publish(part, whole)
        except OSError:
            # Refused is refused: not even a file that got its name may be replayed later.
            for path in (part, whole):
                with suppress(OSError):
                    self._disk.remove(path)
            raise


def oldest_ms(data: Path) -> int | None:
    """Return when the oldest waiting file of a data folder was spilled; None when none waits."""
    names = (path.name for path in (data / FOLDER).glob(f"*{SUFFIX}") if path.name[0] != ".")
    oldest = min(names, default=None)
    return None if oldest is None else int(oldest[:12], 16)  # an id begins with its time
