"""A disk that fails when it is told to. Knows what a failing operation leaves behind.

Who tells it, and when, is elsewhere: a fault table, or a test.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.chaos.faults.table import Operation
from openbunker_local.stream.disk import Disk


@dataclass(frozen=True, slots=True)
class Problem:
    """How an operation fails. `half_written`: an append leaves the first half of its data."""

    error: OSError
    half_written: bool = False


class FaultyDisk(Disk):
    """The real disk, but an operation for which `problem` returns something raises its error."""

    def __init__(self, problem: Callable[[Operation], Problem | None]) -> None:
        self._problem = problem

    def create(self, path: Path) -> int:
        """Return the descriptor of a new file, or fail before there is one."""
        self._maybe(Operation.CREATE)
        return super().create(path)

    def append(self, descriptor: int, data: bytes) -> None:
        """Write the data, or fail: before it, in the middle, or at the sync after all of it."""
        problem = self._problem(Operation.APPEND)
        if problem:
            if problem.half_written:
                os.write(descriptor, data[: len(data) // 2])
            raise problem.error
        super().append(descriptor, data)
        self._maybe(Operation.SYNC)

    def cut(self, descriptor: int, size: int) -> None:
        """Shorten a file, or leave it as it is and fail."""
        self._maybe(Operation.CUT)
        super().cut(descriptor, size)

    def make_folder(self, folder: Path) -> None:
        """Make a folder, or fail."""
        self._maybe(Operation.MAKE_FOLDER)
        super().make_folder(folder)

    def publish(self, part: Path, whole: Path) -> None:
        """Give a file its final name, or fail before it has it."""
        self._maybe(Operation.PUBLISH)
        super().publish(part, whole)

    def remove(self, path: Path) -> None:
        """Remove a file, or fail and leave it."""
        self._maybe(Operation.REMOVE)
        super().remove(path)

    def _maybe(self, operation: Operation) -> None:
        problem = self._problem(operation)
        if problem:
            raise problem.error
