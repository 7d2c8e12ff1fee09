import pytest

from openbunker_local.testing.clock import ClockRefused, SetClock
from openbunker_local.testing.front import set_clock


def test_a_clock_shows_what_was_set_and_goes_on() -> None:
    real = [1_000]
    clock = SetClock(lambda: real[0])
    assert clock() == 1_000
    set_clock(clock, {"now": "2026-01-01T00:00:00Z"})
    real[0] += 5
    assert clock() == 1_767_225_600_005
    set_clock(clock, {"now": 50, "frozen": True})
    real[0] += 5
    assert clock() == 50
    set_clock(clock, {"advance_seconds": 1.5})
    assert clock() == 1_550
    set_clock(clock, {"now": None})
    assert clock() == real[0]


def test_a_reset_shows_the_start() -> None:
    clock = SetClock(lambda: 7, start_ms=100)
    clock.set(500, frozen=True)
    clock.reset()
    assert clock() == 100


@pytest.mark.parametrize(
    "body",
    [
        [], {}, {"now": "soon"}, {"now": 1, "then": 2}, {"advance_seconds": "1"},
        {"now": 1, "frozen": "yes"}, {"now": True}, {"now": False, "frozen": True},
        {"advance_seconds": True}, {"advance_seconds": float("nan")}, {"advance_seconds": 1e400},
        {"now": 10**30}, {"now": -1}, {"now": "0001-01-01"}, {"now": "9999-12-31T23:59:59Z"},
        {"advance_seconds": 10**400}, {"advance_seconds": -1},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(body: object) -> None:
    clock = SetClock(lambda: 7)
    with pytest.raises(ValueError, match=r"."):
        set_clock(clock, body)
    assert clock() == 7


@pytest.mark.parametrize("start_ms", [-1, 10**30])
def test_a_start_that_no_folder_can_name_is_refused(start_ms: int) -> None:
    with pytest.raises(ClockRefused):
        SetClock(lambda: 7, start_ms)
