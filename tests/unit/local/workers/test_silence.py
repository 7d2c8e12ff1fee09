"""A worker that says nothing is ended, and what it held is told what is known of it."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from openbunker.core.errors import RequestRefused
from openbunker_local.tasks import task
from openbunker_local.workers import channel
from openbunker_local.workers.crew import Crew
from openbunker_local.workers.desk import STORING, Desk
from openbunker_local.workers.worker import SILENT_LOOKS, STARTING_LOOKS, Terms, Worker


class Process:
    """A process that is ended or not."""

    ended = 0

    def kill(self) -> None:
        self.ended += 1

    def wait(self) -> int:
        return -9


class Rig:
    """A worker that takes requests, what is said to it, and its process."""

    def __init__(self) -> None:
        desk = cast("Desk", Parts())
        self.crew = Crew(desk, Terms(Path(), 0, 0, False, lambda _: None))
        self.crew._ending = True  # nobody is hired
        self.process = Process()
        self.worker = Worker(self.crew, cast("Any", self.process))
        self.said: list[tuple[Any, ...]] = []
        self.worker.channel.send = lambda *one: self.said.append(one)  # type: ignore[method-assign]

    def look(self, times: int) -> None:
        for _ in range(times):
            self.worker.look()


class Parts:
    """A desk that keeps whatever it is given."""

    class services:  # noqa: N801  # as the field is called
        now_ms = staticmethod(lambda: 0)

    def answer(self, _name: str, _given: tuple[Any, ...]) -> bool:
        return True


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.worker.is_ready = True
    return rig


def test_one_that_has_nothing_in_hand_is_left_alone(rig: Rig) -> None:
    rig.look(10 * SILENT_LOOKS)
    assert (rig.said, rig.process.ended) == ([], 0)


def test_one_that_is_silent_over_a_request_is_asked_once_and_ended(rig: Rig) -> None:
    rig.worker.in_hand[0] = cast("Any", None)
    rig.look(SILENT_LOOKS + 1)
    assert (rig.said, rig.process.ended) == ([(channel.HEARS, 0)], 0)
    rig.look(1)
    assert rig.process.ended == 1


def test_one_that_hears_may_take_as_long_as_it_takes(rig: Rig) -> None:
    """The server's disk may be what hangs."""
    rig.worker.in_hand[0] = cast("Any", None)
    for _ in range(5 * SILENT_LOOKS):
        rig.look(SILENT_LOOKS)
        rig.worker._hear((channel.HEARS, 0))
    assert rig.process.ended == 0


def test_one_that_never_starts_is_ended_too() -> None:
    rig = Rig()
    rig.look(STARTING_LOOKS + 1)
    assert rig.process.ended == 0
    rig.look(1)
    assert rig.process.ended == 1


@pytest.mark.parametrize("name", [*sorted(STORING), "take", ""])
def test_what_was_perhaps_stored_is_told_nothing(rig: Rig, name: str) -> None:
    """And who is told to send again has nothing stored."""

    async def play() -> Any:
        loop = asyncio.get_running_loop()
        asked = task.start(partial(rig.worker.ask, {}), loop)
        (number,) = rig.worker.in_hand
        if name:
            rig.worker._hear((channel.CALL, 0, name, (), number))
        rig.worker._ended()
        return await asked

    stored = name in STORING
    with pytest.raises(ConnectionAbortedError if stored else RequestRefused):
        asyncio.run(play())


def test_one_that_cannot_be_started_is_tried_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    async def started(_crew: object) -> Worker:
        tried.append(1)
        if len(tried) < 3:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return rig.worker

    async def hired() -> None:
        rig.crew._ending, rig.crew._pause = False, 0.0
        await rig.crew._hire()
        for _ in range(20):
            await asyncio.sleep(0)

    monkeypatch.setattr(Worker, "started", started)
    asyncio.run(hired())
    assert (len(tried), rig.crew.ready()) == (3, [rig.worker])
