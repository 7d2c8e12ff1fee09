"""One file of the spool: a line per event with its checksum, and how far they are settled.

A file belongs to the process that holds its lock; the system frees the lock of a dead one. Lines
are only ever appended. A line that a crash has torn fails its checksum and is passed over. Which
files there are is the spool's matter.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from zlib import crc32

SUFFIX, ACK = ".events", ".ack"
_LONGEST_LINE = 64 * 1024 * 1024


class Segment:
    """A file that this process holds. `read_at` is up to where its events were handed out."""

    def __init__(self, path: Path, fd: int, ack_fd: int) -> None:
        self.path = path
        self._fd = fd
        self._ack_fd = ack_fd
        self.end = os.fstat(fd).st_size
        self.read_at = min(_acknowledged(ack_fd), self.end)
        self.damaged = 0
        self._torn = False  # whether the last write may lack its end
        self._out: dict[int, None] = {}  # where the events begin that are not settled, in order

    @classmethod
    def create(cls, path: Path) -> Segment | None:
        """Return a new, locked file; None when another process was quicker to lock it."""
        return cls._locked(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND)

    @classmethod
    def claim(cls, path: Path) -> Segment | None:
        """Return a file that its process left behind; None when that process lives."""
        try:
            return cls._locked(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            return None

    @classmethod
    def _locked(cls, path: Path, flags: int) -> Segment | None:
        fd = os.open(path, flags, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(fd).st_nlink:  # else its holder was done with it just now
                ack_fd = os.open(path.with_suffix(ACK), os.O_RDWR | os.O_CREAT, 0o600)
                return cls(path, fd, ack_fd)
        except BlockingIOError:
            pass
        except OSError:  # no descriptor or no room for a second file
            os.close(fd)
            if flags & os.O_EXCL:
                path.unlink()
            raise
        os.close(fd)
        return None

    @property
    def unread(self) -> bool:
        """Whether events lie here that were not handed out."""
        return self.read_at < self.end

    @property
    def done(self) -> bool:
        """Whether every event here is settled."""
        return not self._out and not self.unread

    def append(self, body: bytes, *, handed_out: bool) -> int:
        """Write an event; return where it begins. Raises OSError when it was not written whole."""
        line = b"%08x %b\n" % (crc32(body), body)
        start = self.end
        if self._torn:
            line, start = b"\n" + line, start + 1
        written = os.write(self._fd, line)
        self.end += written
        if handed_out:
            self.read_at = self.end
        self._torn = written < len(line)
        if self._torn:
            raise OSError(f"{written} of {len(line)} bytes were written to {self.path}")
        if handed_out:
            self._out[start] = None
        return start

    def count(self) -> int:
        """Return how many whole events are unread."""
        at, found = self.read_at, 0
        while lines := self._lines(at, 1000):
            found += sum(bool(body) for _, body, _ in lines)
            at = lines[-1][2]
        return found

    def read(self, most: int) -> list[tuple[int, bytes]]:
        """Hand out the next events with where they begin."""
        found: list[tuple[int, bytes]] = []
        while len(found) < most and (lines := self._lines(self.read_at, most - len(found))):
            for start, body, end in lines:
                self.read_at = end
                if body is None:
                    self.damaged += 1
                elif body:
                    found.append((start, body))
        self._out.update(dict.fromkeys(start for start, _ in found))
        return found

    def settle(self, starts: list[int]) -> None:
        """Note that these events need no sending any more."""
        for start in starts:
            self._out.pop(start, None)
        offset = next(iter(self._out), self.read_at)
        os.pwrite(self._ack_fd, b"%016x %08x" % (offset, crc32(b"%016x" % offset)), 0)

    def fsync_fd(self) -> int:
        """Return a descriptor of its own, to be synced and closed outside of any lock."""
        return os.dup(self._fd)

    def close(self, *, forked: bool = False) -> None:
        """Let go of the file; remove it if it is done. A forked child only closes its copies.

        Raises OSError when it could not be removed.
        """
        try:
            if self.done and not forked:  # in this order: no death in between sends it again
                self.path.unlink(missing_ok=True)
                self.path.with_suffix(ACK).unlink(missing_ok=True)
        finally:
            for fd in (self._ack_fd, self._fd):
                with suppress(OSError):  # a daemon may have closed all that it had open
                    os.close(fd)

    def _lines(self, at: int, most: int) -> list[tuple[int, bytes | None, int]]:
        """Return start, event and end of the next lines; None for the event of a damaged one."""
        found: list[tuple[int, bytes | None, int]] = []
        with open(self._fd, "rb", closefd=False) as file:
            file.seek(at)
            while len(found) < most and at < self.end:
                line = file.readline(min(_LONGEST_LINE, self.end - at))
                if not line:
                    break
                found.append((at, _event(line), at + len(line)))
                at += len(line)
        return found


def _event(line: bytes) -> bytes | None:
    """Return the event of a line, nothing of an empty line, None of a damaged one."""
    if line == b"\n":
        return b""
    crc, body = line[:8], line[9:-1]
    whole = line[8:9] == b" " and line.endswith(b"\n") and crc == b"%08x" % crc32(body)
    return body if whole and body else None


def _acknowledged(fd: int) -> int:
    """Return up to where a file is settled; from the start when that is not surely known."""
    offset, _, crc = os.pread(fd, 64, 0).partition(b" ")
    return int(offset, 16) if crc == b"%08x" % crc32(offset) else 0
