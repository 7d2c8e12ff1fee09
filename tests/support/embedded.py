"""What tests of the embedded stream share: a disk that fails, a clock, a look at the objects."""

import errno
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

from local.disk import Disk

NEVER = 3600.0


class FailingDisk(Disk):
    """A disk whose operations named in `failing` raise that error, after writing half of it."""

    def __init__(self) -> None:
        self.failing: dict[str, int] = {}

    def create(self, path: Path) -> int:
        self._maybe("create")
        return super().create(path)

    def append(self, descriptor: int, data: bytes) -> None:
        if "append" in self.failing:
            os.write(descriptor, data[: len(data) // 2])
        self._maybe("append")
        super().append(descriptor, data)
        # A sync that fails has written everything already.
        self._maybe("sync")

    def cut(self, descriptor: int, size: int) -> None:
        self._maybe("cut")
        super().cut(descriptor, size)

    def make_folder(self, folder: Path) -> None:
        self._maybe("make_folder")
        super().make_folder(folder)

    def publish(self, part: Path, whole: Path) -> None:
        self._maybe("publish")
        super().publish(part, whole)

    def remove(self, path: Path) -> None:
        self._maybe("remove")
        super().remove(path)

    def _maybe(self, operation: str) -> None:
        if operation in self.failing:
            number = self.failing[operation]
            raise OSError(number, os.strerror(number))


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
