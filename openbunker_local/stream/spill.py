"""The spill of one machine: a folder of files that the embedded stream did not take.

A file holds the records of one call, in the journal's frames, whole or not at all; it is on the
disk before the call is answered. Who brings them back into the stream is replayer.py.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from errno import errorcode
from pathlib import Path
from threading import Event

from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate
from openbunker_local.stream import damaged, frames
from openbunker_local.stream.disk import Disk
from openbunker_local.tasks import task

FOLDER = "spill"
SUFFIX = ".frames"
# What earlier releases spilled: JSON lines without a checksum.
LINES = ".jsonl"
SPILLED = Delivery(Fate.SPILLED)


@dataclass(frozen=True, slots=True)
class Spilled:
    """What a file holds: its records, and whether that is all of it."""

    records: list[Record]
    whole: bool


class FolderSpill:
    """A Sink below a data folder. Threads share it. Raises OSError when it cannot be made.

    `new_id` makes the name of a file: hex digits in order of time. `arrived` is set when there
    is a new one; `refused` says that the disk did not take the last one.
    """

    def __init__(self, data: Path, disk: Disk, new_id: Callable[[], str]) -> None:
        self._data = data
        self._folder = data / FOLDER
        self._disk = disk
        self._new_id = new_id
        self.arrived = Event()
        self.refused = False
        disk.make_folder(self._folder)
        for part in self._folder.glob(".*.part"):  # of a crash: nobody was told "spilled"
            disk.remove(part)

    def publish(self, records: Sequence[Record], _seconds: float | None = None) -> list[Delivery]:
        """Bring the records to the disk as one file: all are `spilled`, or all are `retry`."""
        if not records:
            return []
        whole = self._folder / f"{self._new_id()}{SUFFIX}"
        data = frames.frames([record.data for record in records])
        try:
            task.aside(lambda: self._write(whole, data))
        except OSError as error:
            self.refused = True
            code = errorcode.get(error.errno or 0, "OSError")
            return [Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, code)] * len(records)
        self.refused = False
        self.arrived.set()
        return [SPILLED] * len(records)

    def waiting(self) -> list[Path]:
        """Return the files that wait to be replayed, oldest first. Raises OSError."""
        return files(self._data)

    def read(self, file: Path) -> Spilled:
        """Return what a file holds, as it was spilled. Raises OSError."""
        return content(file)

    def set_aside(self, file: Path) -> None:
        """Keep a file of which a part cannot be read, once its records are in the stream."""
        damaged.set_aside(self._data, file, self._disk)

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


def files(data: Path) -> list[Path]:
    """Return the files of a data folder that wait to be replayed, oldest first."""
    found = [path for end in (SUFFIX, LINES) for path in (data / FOLDER).glob(f"[!.]*{end}")]
    return sorted(found, key=lambda path: path.name)


def content(file: Path) -> Spilled:
    """Return what a file of either form holds. Raises OSError."""
    if file.suffix == LINES:
        lines = file.read_bytes().splitlines(keepends=True)
        good = [line for line in lines if _is_row(line)]
        return Spilled([Record(line) for line in good], len(good) == len(lines))
    with file.open("rb") as framed:
        parts = list(frames.scan(framed, file.stat().st_size))
    records = [Record(part) for part in parts if isinstance(part, bytes)]
    return Spilled(records, len(records) == len(parts))


def oldest_ms(data: Path) -> int | None:
    """Return when the oldest waiting file of a data folder was spilled; None when none waits."""
    oldest = min((path.name for path in files(data)), default=None)
    return None if oldest is None else int(oldest[:12], 16)  # an id begins with its time


def _is_row(line: bytes) -> bool:
    """Return whether a line without a checksum can be one that was spilled."""
    try:
        return isinstance(json.loads(line), dict) and line.endswith(b"\n")
    except ValueError:
        return False
