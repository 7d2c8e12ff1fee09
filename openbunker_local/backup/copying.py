"""Copies one file of a data folder into a backup, as its kind needs it. Knows no order.

A file that is gone when its turn comes is no fault: it was moved on, and who calls knows where to.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zlib import crc32

from openbunker_local.backup.listing import Kept
from openbunker_local.cold.checksums import crc_of, object_problem, problem_of
from openbunker_local.cold.manifest import ColdFile
from openbunker_local.stream import frames
from openbunker_local.stream.disk import Disk

_BLOCK_BYTES = 1024 * 1024
BUSY_SECONDS = 30.0


class Unfinished(OSError):
    """The folder did not hold still long enough."""


class Copier:
    """Copies below `data` to below `target`, and keeps what was copied and what is damaged."""

    def __init__(self, data: Path, target: Path, disk: Disk) -> None:
        self.data = data
        self.target = target
        self.disk = disk
        self.listed: dict[str, Kept] = {}
        self.damaged: dict[str, str] = {}

    def whole(self, path: Path) -> bool:
        """Copy a file that changes no more; return whether it was there. Raises OSError."""
        name = path.relative_to(self.data).as_posix()
        try:
            with path.open("rb") as source:
                self._write(name, iter(lambda: source.read(_BLOCK_BYTES), b""))
        except FileNotFoundError:
            return False
        if path.suffix == ".gz" and (problem := object_problem(self.target / name)):
            self.damaged[name] = problem
        return True

    def cold(self, file: ColdFile) -> bool:
        """Copy a cold file, unless it is copied already; return whether it was there."""
        if file.path in self.listed:
            return True
        if not self.whole(self.data / file.path):
            return False
        if problem := problem_of(file, self.target / file.path):
            self.damaged[file.path] = problem
        return True

    def frames(self, path: Path) -> bool:
        """Copy the whole frames of a segment that may be growing; return whether it was there."""
        name = path.relative_to(self.data).as_posix()
        try:
            with path.open("rb") as source:
                payloads = list(frames.read(source, path.stat().st_size))
        except FileNotFoundError:
            return False
        self._write(name, iter([frames.frames(payloads)]))
        return True

    def sqlite(self, name: str) -> None:
        """Copy a SQLite file as of one moment, whatever is written to it meanwhile."""
        if not (self.data / name).exists():
            return
        whole = self.target / name
        copy_sqlite(self.data / name, whole)
        self.disk.publish(whole, whole)
        self.note(whole)

    def note(self, path: Path) -> None:
        """Keep the checksum of a file that was written into the backup."""
        kept = Kept(path.stat().st_size, crc_of(path))
        self.listed[path.relative_to(self.target).as_posix()] = kept

    def drop_others(self, cold: set[str]) -> None:
        """Remove the cold files that a later manifest names no more."""
        for name in [name for name in self.listed if name.startswith("cold/")]:
            if name not in cold:
                self.disk.remove(self.target / name)
                del self.listed[name]

    def _write(self, name: str, blocks: Iterator[bytes]) -> None:
        whole = self.target / name
        part = whole.with_name(f".{whole.name}.part")
        self.disk.make_folder(whole.parent)
        size = checksum = 0
        with self.disk.open_new(part) as copy:
            for block in blocks:
                copy.write(block)
                size, checksum = size + len(block), crc32(block, checksum)
        self.disk.publish(part, whole)
        self.listed[name] = Kept(size, checksum)


def copy_sqlite(file: Path, target: Path) -> None:
    """Copy a SQLite file as of one moment into one file without a log. Raises OSError."""
    if not file.exists():
        raise FileNotFoundError(f"{file} is not there")
    try:
        with (
            closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise Unfinished(f"{file.name} cannot be copied: {error}") from error
