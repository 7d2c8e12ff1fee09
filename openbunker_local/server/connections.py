"""The open connections of a server: who waits for its client, since when, and what all hold.

Who is over a limit is decided here; how a connection is ended is its own. No sockets, no HTTP,
and the clock is an argument: times are seconds of a clock that never runs back.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from openbunker_local.server.limits import FrontLimits


class Connection(Protocol):
    """What has a place among the connections. `held` are the bytes that it holds."""

    held: int

    def expire(self) -> None:
        """End, for the client took too long."""

    def evict(self) -> None:
        """End at once, for others need the room."""


class Connections:
    """The connections of one event loop. Not for several threads.

    A connection waits (for its client) or it does not (its request is whole and being answered).
    Only those that wait are ever ended, the one that has waited longest first: a client that sends
    a whole request at once has waited for no time, whatever the others do.
    """

    def __init__(self, limits: FrontLimits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._open: set[Connection] = set()
        self._waiting: OrderedDict[Connection, float] = OrderedDict()
        self._held = 0

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._open)

    @property
    def held(self) -> int:
        """How many bytes all hold together."""
        return self._held

    def arrived(self, connection: Connection) -> bool:
        """Take a new connection in, or return False when there is no room to be had."""
        if len(self._open) >= self.limits.connections:
            oldest = next(iter(self._waiting), None)
            if oldest is None:
                return False
            self._evict(oldest)
        self._open.add(connection)
        return True

    def waits(self, connection: Connection, seconds: float) -> None:
        """Give the client so long from now."""
        self._waiting.pop(connection, None)
        if connection in self._open:
            self._waiting[connection] = self._clock() + seconds

    def works(self, connection: Connection) -> None:
        """Say that the client has done its part."""
        self._waiting.pop(connection, None)

    def left(self, connection: Connection) -> None:
        """Forget a connection, but not what is held for it still."""
        self._open.discard(connection)
        self._waiting.pop(connection, None)

    def hold(self, connection: Connection, size: int) -> bool:
        """Count bytes that a connection holds from now on, or return False: there is no room.

        Others that hold some and wait have to leave for it, but never for one who waits longer.
        """
        connection.held += size
        self._held += size
        while self._held > self.limits.held_bytes:
            oldest = next((one for one in self._waiting if one.held), connection)
            if oldest is connection:
                return False
            self._evict(oldest)
        return True

    def release(self, connection: Connection) -> None:
        """Count what a connection held as free."""
        self._held -= connection.held
        connection.held = 0

    def sweep(self) -> None:
        """End every connection whose client has had its time."""
        now = self._clock()
        late = [one for one, until in self._waiting.items() if until <= now]
        for connection in late:
            connection.expire()

    def _evict(self, connection: Connection) -> None:
        self.release(connection)
        self.left(connection)
        connection.evict()
