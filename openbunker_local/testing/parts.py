"""The parts of a twin: a clock that is set, and a disk that waits for no platter.

A twin's folder is gone with the twin, so nothing in it need survive the machine.
"""

from collections.abc import Callable
from pathlib import Path

from openbunker.sinks.sink import StreamClient
from openbunker_local.stream.disk import Disk
from openbunker_local.testing.clock import SetClock


class QuickDisk(Disk):
    """The real disk, without a sync."""

    sync = 0

    def publish(self, part: Path, whole: Path) -> None:
        """Give a written file its final name."""
        part.replace(whole)

    def sync_folder(self, folder: Path) -> None:
        """Do nothing."""


class TwinParts:
    """What a twin runs with."""

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock

    def clock(self, now_ms: Callable[[], int]) -> Callable[[], int]:  # noqa: ARG002
        """Return the clock that tests set."""
        return self._clock

    def disk(self) -> Disk:
        """Return the disk."""
        return QuickDisk()

    def stream(self, client: StreamClient) -> StreamClient:
        """Return the stream's own client: faults are answers here, see `faults`."""
        return client
