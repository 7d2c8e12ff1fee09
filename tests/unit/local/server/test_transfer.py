"""When a connection reads on: not while something holds it, nor while it rests."""

from collections.abc import Callable
from typing import Any, cast

from openbunker_local.server.transfer import HeldFlow


class Line:
    """A transport and a loop whose timer is run by hand."""

    def __init__(self) -> None:
        self.reads, self.closing = True, False
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        assert not self.closing
        self.reads = True

    def is_closing(self) -> bool:
        return self.closing

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        self.timers.append((seconds, call))

    def run(self) -> None:
        _, call = self.timers.pop()
        call()


def flow_of(line: Line) -> HeldFlow:
    flow = HeldFlow(cast("Any", line))
    flow.rest(cast("Any", line), 0.5)
    return flow


def test_a_rest_ends_by_itself_and_only_once() -> None:
    line = Line()
    flow = flow_of(line)
    assert (line.reads, [seconds for seconds, _ in line.timers]) == (False, [0.5])
    flow.rest(cast("Any", line), 0.5)
    assert len(line.timers) == 1
    line.run()
    assert line.reads


def test_nobody_reads_on_during_a_rest_nor_while_it_is_held_behind_one() -> None:
    line = Line()
    flow = flow_of(line)
    flow.resume_reading()
    assert not line.reads
    flow.held = True
    line.run()
    assert not line.reads
    flow.held = False
    flow.resume_reading()
    assert line.reads


def test_a_connection_that_ended_meanwhile_is_left_alone() -> None:
    line = Line()
    flow_of(line)
    line.closing = True
    line.run()
    assert not line.reads
