"""Whether stored files are as they were written: each is read once, before it is first used.

A file that was found whole is not read again until its size or its time changes. What is not whole
is named with the reason, and left where it lies. Decides nothing about answers, deletes nothing.
"""

import errno
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from zlib import crc32

from openbunker_local.cold import objects
from openbunker_local.cold.manifest import ColdFile

_BLOCK_BYTES = 1024 * 1024
MISSING = "it is not there"
# What a stat tells: if one of these changes, a file was written anew.
Mark = tuple[int, int]


def crc_of(path: Path) -> int:
    """Return the CRC-32 of a file's bytes. Raises OSError."""
    found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            found = crc32(block, found)
    return found


class Checksums:
    """What one process knows of a data folder's files. Threads may share it."""

    def __init__(self, data: Path) -> None:
        self._data = data.resolve()
        self._root = f"{self._data}/"
        self._lock = threading.Lock()
        self._whole: dict[str, Mark] = {}
        self._bad: dict[str, tuple[Mark | None, str]] = {}

    def damaged(self) -> dict[str, str]:
        """Return why files cannot be used, by their names below the folder."""
        with self._lock:
            for name in [name for name, (_, why) in self._bad.items() if self._is_over(name, why)]:
                del self._bad[name]
            return {name: problem for name, (_, problem) in sorted(self._bad.items())}

    def whole_objects(self, paths: Iterable[str]) -> list[str]:
        """Return the gzip objects that are whole, or gone, in their order. Raises OSError."""
        return [path for path in paths if self._is_whole(path, object_problem)]

    def whole_files(
        self, files: Iterable[ColdFile], named: Callable[[], Iterable[ColdFile]]
    ) -> list[ColdFile]:
        """Return the cold files that are whole, or were merged away, in their order.

        One that is not there is damage if it is `named` still, by the manifest as it is now. Raises
        OSError, and what that raises.
        """
        whole = [
            file
            for file in files
            if self._is_whole(self._root + file.path, partial(problem_of, file))
        ]
        gone = {file.path for file in whole if not (self._data / file.path).exists()}
        if gone:
            gone &= {file.path for file in named()}
            for name in gone:
                self.note(name, MISSING)
        return [file for file in whole if file.path not in gone]

    def look_again(self, paths: Iterable[str]) -> None:
        """Forget that files were whole: the next use reads them once more."""
        with self._lock:
            for path in paths:
                self._whole.pop(path.removeprefix(self._root), None)

    def look_at(self, path: str, problem_of: Callable[[Path], str]) -> bool:
        """Read a file anew, whatever was known of it: is it whole? Raises OSError."""
        self.look_again([path])
        return self._is_whole(path, problem_of)

    def note(self, path: str, problem: str) -> None:
        """Keep that a file cannot be used as it is now."""
        name = path.removeprefix(self._root)
        with self._lock:
            self._whole.pop(name, None)
            self._bad[name] = (_mark(path), problem)

    def _is_whole(self, path: str, problem_of: Callable[[Path], str]) -> bool:
        name, mark = path.removeprefix(self._root), _mark(path)
        if mark is None:
            return True  # who reads it will see that it is gone, and take the files that came
        if self._whole.get(name) == mark:
            return True
        known = self._bad.get(name)
        if known and known[0] == mark:
            return False
        try:
            problem = problem_of(Path(path))
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno != errno.EIO:
                raise  # of this process, or of the whole disk: not of this file
            problem = "the disk cannot read it"
        with self._lock:
            self._whole.pop(name, None)
            self._bad.pop(name, None)
            if problem:
                self._bad[name] = (mark, problem)
            else:
                self._whole[name] = mark
        return not problem

    def _is_over(self, name: str, problem: str) -> bool:
        """Return whether somebody took a damaged file away, or brought a missing one back."""
        return (self._data / name).exists() == (problem == MISSING)


def problem_of(file: ColdFile, path: Path) -> str:
    """Return why a cold file is not what the manifest names, nothing when it is. Raises OSError."""
    size = path.stat().st_size
    if size != file.bytes:
        return f"it has {size} bytes, and {file.bytes} were written"
    if file.crc32 is not None and crc_of(path) != file.crc32:
        return "its checksum does not fit"
    return ""


def object_problem(path: Path) -> str:
    """Return why an object is no whole gzip stream, nothing when it is one. Raises OSError."""
    try:
        objects.size(path)
    except objects.Damaged as error:
        return str(error)
    return ""


def _mark(path: str) -> Mark | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
