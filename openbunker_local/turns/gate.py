"""Threads that wait for their turn, each until a time of its own. The order is `queue`'s.

Knows nothing of the work. Who does not get a turn is told why, and leaves no trace.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

from openbunker.core.errors import QueryBusy
from openbunker_local.turns.presence import CURRENT
from openbunker_local.turns.queue import Ticket, Turns

CROWDED = "Too many questions wait already. Ask again in a moment."
WAITED = "Others' questions took all the time that this one could wait. Ask again in a moment."
LEFT = "Whoever asked has left."
ENDING = "The server is ending. Ask again in a moment."


class _Waiter(Ticket):
    """A ticket, and the thread that waits for it: `why_not` says why its turn never comes."""

    __slots__ = ("ready", "why_not")

    def __init__(self, project: str, key: str) -> None:
        super().__init__(project, key)
        self.ready = Event()
        self.why_not = ""


class Gate:
    """Lets through whose turn it is. `monotonic` counts seconds."""

    def __init__(self, turns: Turns, monotonic: Callable[[], float]) -> None:
        self._turns = turns
        self._monotonic = monotonic
        self._lock = Lock()  # held for moments
        self._waiters: set[_Waiter] = set()
        self._closed = False

    @contextmanager
    def turn(self, project: str, key: str, until: float) -> Iterator[bool]:
        """Have a turn for the block; yields whether it had to be waited for.

        Raises QueryBusy when it does not come before a time.
        """
        waiter = _Waiter(project, key)
        waited = self._begin(waiter)
        if waited:
            with CURRENT.get().ended_by(lambda: self._leave(waiter)):
                waiter.ready.wait(max(0.0, until - self._monotonic()))
            self._end_waiting(waiter)
        try:
            yield waited
        finally:
            with self._lock:
                self._turns.done(waiter)
                self._let_in()

    def close(self) -> None:
        """Send all away who wait, and who come."""
        with self._lock:
            self._closed = True
            for waiter in self._waiters:
                self._turns.give_up(waiter)
                self._send_away(waiter, ENDING)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiters)

    def _begin(self, waiter: _Waiter) -> bool:
        """Stand in the queue; return whether the turn is still to come."""
        with self._lock:
            if self._closed:
                raise QueryBusy(ENDING)
            self._waiters.add(waiter)
            last = self._turns.ask(waiter)
            if isinstance(last, _Waiter):
                self._send_away(last, CROWDED)
            self._let_in()
            return not waiter.ready.is_set() or bool(waiter.why_not)

    def _leave(self, waiter: _Waiter) -> None:
        with self._lock:
            if self._turns.give_up(waiter):
                self._send_away(waiter, LEFT)

    def _end_waiting(self, waiter: _Waiter) -> None:
        with self._lock:
            self._waiters.discard(waiter)
            if self._turns.give_up(waiter):
                raise QueryBusy(WAITED)
            if waiter.why_not:
                raise QueryBusy(waiter.why_not)

    def _let_in(self) -> None:
        while isinstance(waiter := self._turns.grant(), _Waiter):
            self._waiters.discard(waiter)
            waiter.ready.set()

    def _send_away(self, waiter: _Waiter, why: str) -> None:
        waiter.why_not = why
        waiter.ready.set()
