"""Waiting for one thing to be done: a thread blocks, a task gives way. Knows no files and no HTTP.

Made by who will wait, told once by another thread. Many that are told together cost the loop one
wake-up.
"""

from collections.abc import Iterable
from threading import Event
from typing import TYPE_CHECKING

from openbunker_local.tasks.task import Task, call_on, current, give_way

if TYPE_CHECKING:
    import asyncio


class Waiter:
    """One wait of who made it."""

    __slots__ = ("_done", "_event", "_parked", "task")

    def __init__(self) -> None:
        self.task: Task | None = current()
        self._event = None if self.task else Event()
        self._done = False  # of a task's, seen and set on its loop alone
        self._parked = False

    def wait(self, seconds: float | None = None) -> bool:
        """Return once it was told, or False after so many seconds. Called once, by its maker."""
        if self._event:
            return self._event.wait(seconds)
        task = self.task
        assert task
        if not self._done:
            self._parked = True
            late = None if seconds is None else task.loop.call_later(seconds, self._go_on)
            give_way(task)
            if late:
                late.cancel()
        return self._done

    def tell(self) -> None:
        """Say that it is done, from the thread that has done it."""
        tell_all((self,))

    def told(self) -> None:
        """Be told: of a thread's anywhere, of a task's on its loop."""
        self._done = True
        if self._event:
            self._event.set()
        else:
            self._go_on()

    def _go_on(self) -> None:
        if self._parked:
            self._parked = False
            task = self.task
            assert task
            if current():  # who switches from one task to another never gets its turn back
                task.loop.call_soon(task.switch)
            else:
                task.switch()


def tell_all(waiters: Iterable[Waiter]) -> None:
    """Tell those that wait; each loop is woken once for all of its own."""
    loops: dict[asyncio.AbstractEventLoop, list[Waiter]] = {}
    for one in waiters:
        if one.task:
            loops.setdefault(one.task.loop, []).append(one)
        else:
            one.told()
    for loop, several in loops.items():
        call_on(loop, _told, several)


def _told(waiters: Iterable[Waiter]) -> None:
    for one in waiters:
        one.told()
