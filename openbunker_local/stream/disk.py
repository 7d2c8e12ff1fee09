"""The file operations that durability hangs on, in one place so that tests can make them fail.

Every method raises OSError when the disk refuses. No knowledge of what is stored.
"""

import fcntl
import os
from pathlib import Path
from typing import BinaryIO

PROBE_BYTES = 1024 * 1024


class Disk:
    """The real disk.

    A write to what `create` opened is its sync as well (O_DSYNC): with two calls the thread that
    commits would have to wait for the interpreter between them.
    """

    sync = os.O_DSYNC

    def create(self, path: Path) -> int:
        """Return the descriptor of a new file, whose name is durable on return."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | self.sync
        descriptor = os.open(path, flags, 0o600)
        try:
            self.sync_folder(path.parent)
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise
        return descriptor

    def append(self, descriptor: int, data: bytes) -> None:
        """Write all of the data at the end, and bring it to the disk."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def cut(self, descriptor: int, size: int) -> None:
        """Shorten a file to its first `size` bytes."""
        os.ftruncate(descriptor, size)

    def close(self, descriptor: int) -> None:
        """Close a file."""
        os.close(descriptor)

    def make_folder(self, folder: Path) -> None:
        """Make a folder and its parents, durable on return."""
        if not folder.is_dir():
            self.make_folder(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            self.sync_folder(folder.parent)

    def open_new(self, path: Path) -> BinaryIO:
        """Open a file for writing from its start, in place of what a crash may have left."""
        return path.open("wb")

    def try_out(self, path: Path) -> None:
        """Write as much as an event may take, as the journal does, and remove it again."""
        self.remove(path)
        descriptor = self.create(path)
        try:
            self.append(descriptor, bytes(PROBE_BYTES))
        finally:
            self.close(descriptor)
            self.remove(path)

    def publish(self, part: Path, whole: Path) -> None:
        """Give a written file its final name, durable on return: all of it or nothing."""
        descriptor = os.open(part, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.replace(whole)
        self.sync_folder(whole.parent)

    def move(self, path: Path, target: Path) -> None:
        """Move a file within the data folder."""
        path.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file if it is there."""
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Bring the names of a folder to the disk."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class FolderInUse(Exception):
    """Another process works on the data folder."""


class FolderLock:
    """Holds a data folder for one process; the system lets go when the process ends."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 20, 0).decode() or "unknown"
            os.close(self._descriptor)
            text = f"{folder} is in use by another openbunker process (pid {holder})"
            raise FolderInUse(text) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let the folder go."""
        os.close(self._descriptor)
