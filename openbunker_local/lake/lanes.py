"""Two lanes of questions: the cheap ones in this process, the heavy ones in children of it.

A cheap question has a short turn; what is not done by then was heavy, and is asked again in the
other lane. So whoever counts never waits behind what takes long. Without children there is one
lane for all. Turns are shared by project and key (docs/decisions/0029).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from openbunker.core.errors import QueryBusy
from openbunker_local.lake import limits
from openbunker_local.lake.databases import Asked, Databases
from openbunker_local.lake.heavy.children import Children
from openbunker_local.lake.limits import Found
from openbunker_local.turns.gate import LEFT, Gate
from openbunker_local.turns.presence import CURRENT
from openbunker_local.turns.queue import Turns

# How long a question waits for its turns, all of them together.
WAIT_SECONDS = 30.0
CHEAP_SECONDS = 2.0
# Of one lane. Each that waits holds a thread of the server.
MOST_WAITING = 24


class TooHeavy(Exception):
    """A question takes longer than a turn among the cheap ones."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a question may do while it has its turn; `waited` says whether that took a while.

    `run` raises duckdb.Error, QueryUnavailable and TooHeavy.
    """

    waited: bool
    run: Callable[[Asked], Found]


class Lanes:
    """Who may ask the databases of this process, and its children if it has some."""

    def __init__(
        self,
        own: Databases,
        children: Children | None = None,
        processes: int = 1,
        *,
        seconds: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._own = own
        self.children = children
        self._seconds = seconds
        self._monotonic = monotonic
        self.cheap = Gate(Turns(1, 1, MOST_WAITING), monotonic)
        # One place is left to others, whatever a project asks at a time.
        others = max(1, processes - 1)
        self.heavy = Gate(Turns(processes, others, MOST_WAITING), monotonic)

    @property
    def has_heavy(self) -> bool:
        """Whether there are processes for heavy questions."""
        return self.children is not None

    def until(self) -> float:
        """Return until when a question that is asked now may wait."""
        return self._monotonic() + WAIT_SECONDS

    @contextmanager
    def turn(self, asked_by: tuple[str, str], until: float, *, heavy: bool) -> Iterator[Turn]:
        """Have a turn for the block. Raises QueryBusy."""
        gate, ask = (self.heavy, self._ask_child) if heavy else (self.cheap, self._ask_here)
        with gate.turn(*asked_by, until) as waited:
            if CURRENT.get().left:
                raise QueryBusy(LEFT)
            ends = self._monotonic() + self._seconds_of(heavy=heavy)
            yield Turn(waited, lambda asked: ask(asked, ends - self._monotonic()))

    def close(self) -> None:
        """Send all away who wait, and end the children."""
        self.cheap.close()
        self.drain()

    def drain(self) -> None:
        """Do the same for heavy questions alone."""
        self.heavy.close()
        if self.children:
            self.children.close()

    def _seconds_of(self, *, heavy: bool) -> float:
        if self.has_heavy and not heavy:
            return CHEAP_SECONDS
        return self._seconds or limits.SECONDS

    def _ask_child(self, asked: Asked, seconds: float) -> Found:
        if self.children is None:
            raise AssertionError("the heavy lane has children")
        return self.children.run(asked, seconds)

    def _ask_here(self, asked: Asked, seconds: float) -> Found:
        try:
            return self._own.run(asked, seconds)
        except duckdb.InterruptException as error:
            if not self.has_heavy:
                raise
            raise TooHeavy(str(error)) from error
