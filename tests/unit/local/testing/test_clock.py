import pytest

from openbunker_local.testing.clock import SetClock
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
    "body", [[], {}, {"now": "soon"}, {"now": 1, "then": 2}, {"advance_seconds": "1"}]
)
def test_what_cannot_be_meant_is_refused(body: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        set_clock(SetClock(lambda: 7), body)
