"""The embedded stream's journal: what was answered lies here until it lies in an object.

Segments are files of frames; one segment holds records of one arrival minute and becomes one
object. Nothing here knows objects, calls or threads other than by its two locks.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from uuid import uuid4

from openbunker.core.times import MINUTE_MS
from openbunker_local.stream import frames
from openbunker_local.stream.disk import Disk

# An object of a longer segment would be unwieldy; the next record opens another one.
MAX_SEGMENT_BYTES = 64 * 1024 * 1024

_NAME = re.compile(r"(\d{13})_([0-9a-f-]{36})\.journal")


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment that grows no more: its first `size` bytes were answered.

    `unique` names the object that it becomes, so that delivering it twice makes one object.
    """

    path: Path
    arrival_ms: int
    unique: str
    size: int


@dataclass(slots=True)
class _Active:
    path: Path
    arrival_ms: int
    unique: str
    descriptor: int
    size: int = 0
    records: int = 0

    def takes(self, arrival_ms: int) -> bool:
        same_minute = self.arrival_ms // MINUTE_MS == arrival_ms // MINUTE_MS
        return same_minute and self.size < MAX_SEGMENT_BYTES


class Journal:
    """Segments in a folder. One thread appends; any thread may seal, list and forget."""

    def __init__(self, folder: Path, disk: Disk, now_ms: Callable[[], int]) -> None:
        disk.make_folder(folder)
        self._folder = folder
        self._disk = disk
        self._now_ms = now_ms
        self._writing = Lock()  # held over a write: the active segment
        self._listing = Lock()  # held for moments: the two dicts below
        self._active: _Active | None = None
        left = [segment for path in sorted(folder.iterdir()) if (segment := _found(path))]
        self._sealed = {segment.unique: segment for segment in left}
        self._arrivals = {segment.unique: segment.arrival_ms for segment in left}

    def append(self, payloads: Sequence[bytes]) -> list[str]:
        """Bring the payloads to the disk and return an id for each.

        Raises OSError when the disk refuses: then none of them is in the journal.
        """
        data = frames.frames(payloads)
        with self._writing:
            active = self._segment_of_now()
            try:
                self._disk.append(active.descriptor, data)
            except OSError:
                # The state of a file after a failed write or sync is not known: it ends here.
                self._seal()
                raise
            active.size += len(data)
            first = active.records
            active.records += len(payloads)
            return [f"{active.unique}.{first + index}" for index in range(len(payloads))]

    def seal(self) -> None:
        """End the active segment, if there is one."""
        with self._writing:
            self._seal()

    def sealed(self) -> list[Segment]:
        """Return the segments that wait for delivery, oldest first."""
        with self._listing:
            return sorted(self._sealed.values(), key=lambda segment: segment.arrival_ms)

    def forget(self, segment: Segment) -> None:
        """Take a segment off the list, once its file is gone."""
        with self._listing:
            del self._sealed[segment.unique]
            del self._arrivals[segment.unique]

    def undelivered(self) -> frozenset[str]:
        """Return the names of the segments that hold what has not left the journal."""
        with self._listing:
            return frozenset(self._arrivals)

    def fresh_to_ms(self) -> int:
        """Return the time before which every arrival has left the journal."""
        with self._listing:
            return min(self._arrivals.values(), default=self._now_ms())

    def _segment_of_now(self) -> _Active:
        with self._listing:  # so that no reader sees a time that a record is about to be given
            arrival_ms = self._now_ms()
            if self._active and self._active.takes(arrival_ms):
                return self._active
            unique = str(uuid4())
            self._arrivals[unique] = arrival_ms
        self._seal()
        path = self._folder / f"{arrival_ms:013d}_{unique}.journal"
        try:
            descriptor = self._disk.create(path)
        except OSError:
            with self._listing:
                del self._arrivals[unique]
            raise
        self._active = _Active(path, arrival_ms, unique, descriptor)
        return self._active

    def _seal(self) -> None:
        active, self._active = self._active, None
        if active is None:
            return
        # Readers stop at `size` anyway; only a crash now could deliver what was refused.
        with suppress(OSError):
            self._disk.cut(active.descriptor, active.size)
        with suppress(OSError):
            self._disk.close(active.descriptor)
        segment = Segment(active.path, active.arrival_ms, active.unique, active.size)
        with self._listing:
            self._sealed[segment.unique] = segment
        if segment.size == 0:  # each call that meets a full disk ends one
            with suppress(OSError):
                self._disk.remove(segment.path)
                self.forget(segment)


def _found(path: Path) -> Segment | None:
    name = _NAME.fullmatch(path.name)
    return Segment(path, int(name[1]), name[2], path.stat().st_size) if name else None
