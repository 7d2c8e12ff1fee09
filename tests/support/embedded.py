"""What tests of the embedded stream share: a disk that fails, a clock, a look at the objects."""

import errno
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

from bench.chaos.faults.disk import FaultyDisk, Problem
from bench.chaos.faults.table import Operation

NEVER = 3600.0


class FailingDisk(FaultyDisk):
    """A disk whose operations named in `failing` raise that error, after writing half of it."""

    def __init__(self) -> None:
        self.failing: dict[str, int] = {}
        super().__init__(self.find)

    def find(self, operation: Operation) -> Problem | None:
        number = self.failing.get(operation)
        return None if number is None else Problem(OSError(number, os.strerror(number)), True)


FULL, READ_ONLY, BROKEN = errno.ENOSPC, errno.EROFS, errno.EIO


class Clock:
    """Milliseconds since the epoch, moved by hand. It starts at 2026-01-02 03:04:05 UTC."""

    def __init__(self) -> None:
        self.now = 1_767_323_045_000

    def now_ms(self) -> int:
        return self.now


def objects(data: Path) -> list[Path]:
    """Return the hot objects, in order of their keys."""
    return sorted((data / "hot").rglob("*.json.gz"))


def lines(data: Path) -> list[bytes]:
    """Return what queries see: the lines of all hot objects."""
    found = [gzip.decompress(path.read_bytes()).splitlines() for path in objects(data)]
    return [line for part in found for line in part]


def journal_files(data: Path) -> list[Path]:
    """Return the segments that wait."""
    return sorted((data / "stream" / "journal").iterdir())


def numbers(count: int, first: int = 0) -> Iterator[bytes]:
    """Yield lines that are told apart."""
    return (b'{"n":%d}\n' % number for number in range(first, first + count))
