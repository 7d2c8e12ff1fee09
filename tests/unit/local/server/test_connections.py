"""Who leaves when there is no room, and when time is up. The clock is the test's."""

from collections.abc import Callable

import pytest

from openbunker_local.server.connections import Connections
from openbunker_local.server.limits import FrontLimits


class Client:
    """A connection that notes how it ended."""

    def __init__(self) -> None:
        self.held = 0
        self.ended = ""

    def expire(self) -> None:
        self.ended = "late"

    def evict(self) -> None:
        self.ended = "evicted"


class Hand:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def room(clock: Hand) -> Connections:
    return Connections(FrontLimits(connections=3, held_bytes=100), clock)


@pytest.fixture
def arrive(room: Connections) -> Callable[[], Client]:
    def arrive() -> Client:
        client = Client()
        assert room.arrived(client)
        room.waits(client, 10)
        return client

    return arrive


def test_the_one_that_waits_longest_leaves(room: Connections, arrive: Callable[[], Client]) -> None:
    first, second, third = arrive(), arrive(), arrive()
    room.works(first)
    room.waits(first, 10)

    fourth = arrive()

    assert [one.ended for one in (first, second, third, fourth)] == ["", "evicted", "", ""]
    assert len(room) == 3


def test_nobody_leaves_while_being_answered(
    room: Connections, arrive: Callable[[], Client]
) -> None:
    for one in [arrive(), arrive(), arrive()]:
        room.works(one)
    assert not room.arrived(Client())
    assert len(room) == 3


def test_room_for_bytes_is_made_by_those_that_hold_some_and_wait(
    room: Connections, arrive: Callable[[], Client]
) -> None:
    empty, half, whole = arrive(), arrive(), arrive()
    assert room.hold(half, 60)
    room.works(whole)

    assert room.hold(whole, 70)

    assert [one.ended for one in (empty, half, whole)] == ["", "evicted", ""]
    assert (room.held, len(room)) == (70, 2)


def test_who_waits_longest_makes_no_room_for_itself(
    room: Connections, arrive: Callable[[], Client]
) -> None:
    old, young = arrive(), arrive()
    assert room.hold(old, 50)
    assert room.hold(young, 50)

    assert not room.hold(old, 10)

    assert young.ended == ""


def test_what_is_released_is_free(room: Connections, arrive: Callable[[], Client]) -> None:
    one = arrive()
    assert room.hold(one, 100)
    room.release(one)
    assert room.hold(one, 100)
    room.left(one)
    assert (room.held, len(room)) == (100, 0)
    room.release(one)
    assert room.held == 0


def test_time_runs_from_the_last_time_that_one_started_to_wait(
    room: Connections, arrive: Callable[[], Client], clock: Hand
) -> None:
    early, late, busy = arrive(), arrive(), arrive()
    clock.at = 5
    room.waits(late, 10)
    room.works(busy)

    clock.at = 10
    room.sweep()

    assert [one.ended for one in (early, late, busy)] == ["late", "", ""]


def test_who_left_does_not_wait_any_more(
    room: Connections, arrive: Callable[[], Client], clock: Hand
) -> None:
    gone = arrive()
    room.left(gone)
    room.waits(gone, 1)
    clock.at = 100
    room.sweep()
    assert gone.ended == ""
