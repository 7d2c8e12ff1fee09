"""A call on the event loop's thread that gives way where a thread would wait.

The walk of a request is plain code that waits twice, for the stream and for the books. In a thread
of its own that costs a dozen hand-offs a request; as a greenlet it costs two switches. What runs in
one must never block: it waits by `waiter`, sleeps by `sleep`, and hands to `aside` what blocks
anyway. All of it works in a thread as well. Nothing of requests or files is known here.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from threading import local
from typing import TYPE_CHECKING, Any, TypeVar

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:  # commands use the stores, and no loop
    import asyncio
    from concurrent.futures import Executor

Result = TypeVar("Result")
# What blocks is rare: a look-up of a key, a refusal that is kept, a spill.
ASIDE_THREADS = 16


class Task(greenlet):
    """A running call. Its parent is the loop, which goes on when it gives way.

    Its stack is not for one call alone: to make one takes longer than many a call.
    """

    __slots__ = ("call", "loop")
    call: Callable[[], None]
    loop: "asyncio.AbstractEventLoop"

    def run(self) -> None:
        """Run a call, then one after the other as they are given."""
        while True:
            self.call()
            del self.call  # nothing of it is kept while the task is idle
            _OF_THREAD.idle.append(self)
            give_way(self)


class _OfThread(local):
    """The tasks of a thread that nobody uses now: as many as have run at a time."""

    def __init__(self) -> None:
        self.idle: list[Task] = []


_OF_THREAD = _OfThread()


def start(
    call: Callable[[], Result], loop: "asyncio.AbstractEventLoop"
) -> "asyncio.Future[Result]":
    """Run a call until it first waits; return what its result will be in. On the loop's thread."""
    done: asyncio.Future[Result] = loop.create_future()

    def run() -> None:
        try:
            result = call()
        except BaseException as error:
            if not done.cancelled():
                done.set_exception(error)
        else:
            if not done.cancelled():
                done.set_result(result)

    idle = _OF_THREAD.idle
    task = idle.pop() if idle else Task()
    task.call, task.loop = run, loop
    task.switch()
    return done


def current() -> Task | None:
    """Return the task that runs here; None in a thread, and in the loop itself."""
    found = getcurrent()
    return found if isinstance(found, Task) else None


def give_way(task: Task) -> Any:
    """Let the loop go on until somebody switches to the task, which is the one that runs here."""
    assert task.parent
    return task.parent.switch()


def call_on(loop: "asyncio.AbstractEventLoop", call: Callable[..., object], *given: object) -> None:
    """Have a loop call something, from any thread. After its end nobody waits any more."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, *given)


def sleep(seconds: float) -> None:
    """Wait: a thread sleeps, a task gives way."""
    task = current()
    if task is None:
        time.sleep(seconds)
        return
    task.loop.call_later(seconds, task.switch)
    give_way(task)


def aside(call: Callable[[], Result]) -> Result:
    """Return what a blocking call returns, made in another thread while a task gives way."""
    task = current()
    if task is None:
        return call()
    running = _executor().submit(call)
    running.add_done_callback(lambda _: call_on(task.loop, task.switch))
    give_way(task)
    return running.result()


@cache
def _executor() -> "Executor":
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # as above

    return ThreadPoolExecutor(ASIDE_THREADS, thread_name_prefix="aside")
