"""Threads at the gate: let in one after the other, sent away in time, and never forgotten."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from openbunker.core.errors import QueryBusy
from openbunker_local.turns.gate import Gate
from openbunker_local.turns.queue import Turns

LONG = 60.0


def gate(places: int = 1, most_waiting: int = 9) -> Gate:
    return Gate(Turns(places, places, most_waiting), lambda: 0.0)


class Asker(Thread):
    """Has a turn until it may end, or is told why it has none."""

    def __init__(self, at: Gate, project: str, until: float = LONG) -> None:
        super().__init__(daemon=True)
        self._at, self._project, self._until = at, project, until
        self.inside, self.may_end, self.told = Event(), Event(), ""

    def run(self) -> None:
        try:
            with self._at.turn(self._project, "key", self._until):
                self.inside.set()
                assert self.may_end.wait(LONG)
        except QueryBusy as error:
            self.told = str(error)

    def end(self) -> None:
        self.may_end.set()
        self.join(LONG)
        assert not self.is_alive()


@contextmanager
def waiting(at: Gate, *projects: str) -> Iterator[list[Asker]]:
    """Askers that stand in the queue in this order."""
    askers = []
    for number, project in enumerate(projects):
        askers.append(Asker(at, project))
        askers[-1].start()
        while at.waiting <= number:
            time.sleep(0)  # gives way to the thread
    yield askers


def test_one_after_the_other_in_the_order_of_turns() -> None:
    at = gate()
    with at.turn("a", "key", LONG) as waited:
        assert not waited
        with waiting(at, "a", "a", "b") as askers:
            assert not any(asker.inside.is_set() for asker in askers)
    seen = []
    for place in (0, 2, 1):
        assert askers[place].inside.wait(LONG)
        seen.append([asker.inside.is_set() for asker in askers])
        askers[place].end()
    assert seen == [[True, False, False], [True, False, True], [True, True, True]]
    with at.turn("c", "key", LONG) as waited:
        assert not waited


def test_who_waits_his_time_out_is_told_and_leaves_no_trace() -> None:
    at = gate()
    with at.turn("a", "key", LONG):
        told = pytest.raises(QueryBusy, match="time that this one could wait")
        with told, at.turn("b", "key", 0.0):
            pass
        assert at.waiting == 0
    with at.turn("b", "key", 0.0):  # nobody in the way: no need to wait
        pass


def test_who_is_one_too_many_is_told_at_once() -> None:
    at = gate(most_waiting=2)
    with at.turn("a", "key", LONG), waiting(at, "a", "a") as askers:
        late = Asker(at, "b")
        late.start()
        askers[1].join(LONG)
        assert "Too many" in askers[1].told
    for asker in (askers[0], late):
        assert asker.inside.wait(LONG)
        asker.end()


def test_when_it_closes_all_go() -> None:
    at = gate()
    with at.turn("a", "key", LONG), waiting(at, "a", "b") as askers:
        at.close()
        for asker in askers:
            asker.join(LONG)
            assert "ending" in asker.told
        with pytest.raises(QueryBusy, match="ending"), at.turn("c", "key", LONG):
            pass
    assert at.waiting == 0


def test_a_turn_ends_however_it_ends() -> None:
    at = gate()
    for _ in range(3):
        with pytest.raises(ValueError, match="x"), at.turn("a", "key", 0.0):
            raise ValueError("x")
