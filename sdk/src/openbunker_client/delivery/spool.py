"""The folder that outlives the process: events are written here before they are queued.

Each process appends to files of its own; whoever starts next takes over those of a dead one. What
does not fit into memory stays on disk until there is room. Not thread-safe: its engine has a lock.
Needs `fcntl` and so a POSIX system.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from zlib import crc32

from openbunker_client.delivery.segment import ACK, SUFFIX, Segment
from openbunker_client.model import Item

MAX_SEGMENT = 8 * 1024 * 1024
MOST_HELD = 64  # files at a time, each with two descriptors
_log = logging.getLogger("openbunker_client")


class Spool:
    """The files that this process holds, those it took over first. It appends to the last one."""

    def __init__(self, folder: Path, client_id: str, *, max_segment: int = MAX_SEGMENT) -> None:
        self._folder = folder
        # A folder may serve several clients; each sends only what was tracked for its own key.
        self._tag = f"{crc32(client_id.encode()):08x}"
        self._max_segment = max_segment
        self._segments: list[Segment] = []
        self._own: Segment | None = None
        self._dirty: dict[Segment, None] = {}
        self._more = False  # whether files were left to be claimed later
        self.backlog = 0  # events that are on disk only

    def take_over(self) -> int:
        """Claim files of processes that died; return how many events they hold.

        Not all at once if they are very many: the rest as those are done. Raises OSError when the
        folder cannot be made.
        """
        self._make_folder()
        self._sweep()
        before, held = self.backlog, {segment.path for segment in self._segments}
        self._more = False
        for path in sorted(self._folder.glob(f"{self._tag}-*{SUFFIX}")):
            if len(self._segments) >= MOST_HELD:
                self._more = True
                break
            if path not in held and (segment := _claimed(path)) is not None:
                self._segments.insert(0, segment)
                self.backlog += segment.count()
                self._discard_done()
        return self.backlog - before

    def append(self, body: bytes, room: bool) -> Item | None:
        """Write an event; return it for the queue, None if it stays on disk for now.

        Raises OSError when it could not be written.
        """
        segment = self._writable()
        handed_out = room and not self.backlog  # in order: none overtakes those on disk
        start = segment.append(body, handed_out=handed_out)
        self._dirty[segment] = None
        self.backlog += not handed_out
        return Item(body, (segment, start)) if handed_out else None

    def feed(self, most: int) -> list[Item]:
        """Return the next events that were on disk only."""
        items: list[Item] = []
        for segment in self._segments:
            if segment.unread and len(items) < most:
                found = segment.read(most - len(items))
                items += (Item(body, (segment, start)) for start, body in found)
                if segment.damaged:
                    _log.warning("%s: passed over %d torn lines", segment.path, segment.damaged)
                    segment.damaged = 0
        self.backlog -= len(items)
        if not any(segment.unread for segment in self._segments):
            self.backlog = 0
        self._discard_done()
        return items

    def settle(self, items: Iterable[Item]) -> None:
        """Note that these were sent or came to their end; remove files that are done."""
        starts: dict[Segment, list[int]] = {}
        for item in items:
            if item.place is not None:
                starts.setdefault(item.place[0], []).append(item.place[1])
        for segment, found in starts.items():
            segment.settle(found)
        self._discard_done()
        if self._more and len(self._segments) < MOST_HELD // 2:
            self.take_over()

    @property
    def dirty(self) -> bool:
        """Whether something was written since the last sync was begun."""
        return bool(self._dirty)

    def begin_sync(self) -> Callable[[], None]:
        """Return what brings all writes so far to the disk; it may take long and needs no lock."""
        fds: list[int] = []
        try:
            for segment in self._dirty:
                if segment in self._segments:
                    fds.append(segment.fsync_fd())
        except OSError:
            _sync(fds)
            raise
        self._dirty.clear()
        return lambda: _sync(fds)

    def close(self, *, forked: bool = False) -> None:
        """Let go of all files; those with events in them stay for the next start."""
        segments, self._segments, self._own = self._segments, [], None
        self._dirty.clear()
        for segment in segments:
            _close(segment, forked=forked)

    def _writable(self) -> Segment:
        # A file that is too large costs less than one too many: descriptors are bounded.
        full = self._own is not None and self._own.end >= self._max_segment
        if self._own is None or (full and len(self._segments) < MOST_HELD):
            self._own = self._new()
            self._segments.append(self._own)
            self._discard_done()
        return self._own

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _sweep(self) -> None:
        """Remove marks whose file is gone: a process died between the two."""
        for path in self._folder.glob(f"{self._tag}-*{ACK}"):
            if not path.with_suffix(SUFFIX).exists():
                path.unlink(missing_ok=True)

    def _new(self) -> Segment:
        self._make_folder()  # something may have cleared it away
        while True:
            name = f"{self._tag}-{os.getpid()}-{os.urandom(6).hex()}{SUFFIX}"
            if (segment := Segment.create(self._folder / name)) is not None:
                return segment

    def _discard_done(self) -> None:
        for segment in [one for one in self._segments if one is not self._own and one.done]:
            self._segments.remove(segment)
            self._dirty.pop(segment, None)
            _close(segment)


def _claimed(path: Path) -> Segment | None:
    """Return a file that its process left behind; one that is not ours to read harms no other."""
    try:
        return Segment.claim(path)
    except OSError as error:
        _log.error("a file of the spool cannot be taken over: %s", error)
        return None


def _close(segment: Segment, *, forked: bool = False) -> None:
    try:
        segment.close(forked=forked)
    except OSError as error:  # its events may be sent once more; the server knows their ids
        _log.error("a file of the spool cannot be removed: %s", error)


def _sync(fds: Iterable[int]) -> None:
    for fd in fds:
        try:
            os.fsync(fd)
        except OSError as error:
            _log.warning("the spool could not be synced: %s", error)
        finally:
            os.close(fd)
