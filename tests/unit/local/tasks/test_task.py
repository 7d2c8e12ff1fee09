"""Calls on the event loop's thread that give way: how they wait, sleep, fail and have threads."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from openbunker_local.tasks import task
from openbunker_local.tasks.waiter import Waiter, tell_all


def run(trial: Callable[[asyncio.AbstractEventLoop], Awaitable[None]]) -> None:
    async def main() -> None:
        await asyncio.wait_for(_of(trial), 10)

    asyncio.run(main())


async def _of(trial: Callable[[asyncio.AbstractEventLoop], Awaitable[None]]) -> None:
    await trial(asyncio.get_running_loop())


def test_a_task_waits_without_holding_the_loop() -> None:
    async def trial(loop: asyncio.AbstractEventLoop) -> None:
        waiters: list[Waiter] = []

        def call() -> bool:
            waiters.append(Waiter())
            return waiters[-1].wait()

        both = [task.start(call, loop), task.start(call, loop)]
        await asyncio.sleep(0)
        assert not any(one.done() for one in both)
        threading.Thread(target=tell_all, args=(waiters,)).start()
        assert await asyncio.gather(*both) == [True, True]

    run(trial)


def test_who_is_told_before_it_waits_does_not_wait() -> None:
    async def trial(loop: asyncio.AbstractEventLoop) -> None:
        def call() -> tuple[bool, bool]:
            first, second = Waiter(), Waiter()
            teller = threading.Thread(target=tell_all, args=((first, second),))
            teller.start()
            teller.join()
            return first.wait(), second.wait()

        assert await task.start(call, loop) == (True, True)

    run(trial)


def test_who_is_told_too_late_has_gone_on() -> None:
    async def trial(loop: asyncio.AbstractEventLoop) -> None:
        made: list[Waiter] = []

        def call() -> list[bool]:
            made.append(Waiter())
            late = made[0].wait(0.001)
            other = Waiter()
            loop.call_soon(made[0].told)  # must not be taken for the other's
            loop.call_later(0.01, other.told)
            return [late, other.wait(5)]

        assert await task.start(call, loop) == [False, True]

    run(trial)


def test_a_task_that_tells_others_goes_on_and_so_do_they() -> None:
    async def trial(loop: asyncio.AbstractEventLoop) -> None:
        made: list[Waiter] = []

        def waits() -> bool:
            made.append(Waiter())
            return made[-1].wait()

        def tells() -> int:
            for one in made:
                one.told()
            return len(made)

        waiting = [task.start(waits, loop) for _ in range(3)]
        assert await task.start(tells, loop) == 3
        assert await asyncio.gather(*waiting) == [True, True, True]

    run(trial)


def test_a_wake_up_is_for_all_that_are_told_together() -> None:
    async def trial(loop: asyncio.AbstractEventLoop) -> None:
        waiters: list[Waiter] = []
        woken: list[int] = []

        def call() -> None:
            waiters.append(Waiter())
            waiters[-1].wait()
            woken.append(len(woken))

        running = [task.start(call, loop) for _ in range(5)]
        tell_all(waiters)
        await asyncio.sleep(0)
        assert woken == [0, 1, 2, 3, 4]
        await asyncio.gather(*running)

    run(trial)


def test_an_error_is_who_awaits_it() -> None:
    async def trial(loop: asyncio.AbstractEventLoop) -> None:
        def call() -> None:
            task.sleep(0.001)
            raise ValueError("told")

        with pytest.raises(ValueError, match="told"):
            await task.start(call, loop)

    run(trial)


def test_what_blocks_runs_in_another_thread() -> None:
    async def trial(loop: asyncio.AbstractEventLoop) -> None:
        here, go = threading.get_ident(), threading.Event()

        def blocks() -> int:
            assert go.wait(10)
            return threading.get_ident()

        running = task.start(lambda: (task.aside(blocks), threading.get_ident()), loop)
        assert not running.done()
        go.set()
        there, again = await running
        assert there != here == again

    run(trial)


def test_what_fails_aside_fails_in_the_task() -> None:
    async def trial(loop: asyncio.AbstractEventLoop) -> None:
        def fails() -> None:
            raise OSError("no space")

        with pytest.raises(OSError, match="no space"):
            await task.start(lambda: task.aside(fails), loop)

    run(trial)


def test_a_thread_blocks_as_ever() -> None:
    waiter = Waiter()
    assert not waiter.wait(0)
    threading.Thread(target=waiter.tell).start()
    assert waiter.wait(10)
    assert task.aside(threading.get_ident) == threading.get_ident()
    task.sleep(0)


def test_nobody_is_told_after_the_loop_has_ended() -> None:
    left: list[Waiter] = []

    async def trial(loop: asyncio.AbstractEventLoop) -> None:
        def call() -> None:
            left.append(Waiter())
            left[0].wait()

        task.start(call, loop)

    run(trial)
    other = Waiter()
    tell_all((left[0], other))
    assert other.wait(0)
