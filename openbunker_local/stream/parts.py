"""The clock, the disk and the stream's client that a server works with, and their real ones.

What stands before them in a trial, and makes them fail, has the same shape and lives in the
workshop: nothing here fails on purpose.
"""

from collections.abc import Callable
from typing import Protocol

from openbunker.sinks.sink import StreamClient
from openbunker_local.stream.disk import Disk


class Parts(Protocol):
    """What a server asks for its clock, its disk and its stream's client."""

    def clock(self, now_ms: Callable[[], int]) -> Callable[[], int]:
        """Return the clock to read, in milliseconds since the epoch, given the machine's."""

    def disk(self) -> Disk:
        """Return the disk to write to."""

    def stream(self, client: StreamClient) -> StreamClient:
        """Return the client to send to, given the stream's own."""


class RealParts:
    """The machine's own, with nothing before them."""

    def clock(self, now_ms: Callable[[], int]) -> Callable[[], int]:
        """Return the clock."""
        return now_ms

    def disk(self) -> Disk:
        """Return the disk."""
        return Disk()

    def stream(self, client: StreamClient) -> StreamClient:
        """Return the client."""
        return client
