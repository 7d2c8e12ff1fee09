"""What is settled: no row that was received before it can become visible any more."""

from contextlib import ExitStack
from functools import partial
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from openbunker_local.server.state.underway import MAX_STEPS, SLACK_MS, STEP_MS, Underway
from tests.support.embedded import Clock


def test_a_request_that_is_under_way_holds_time_back() -> None:
    clock = Clock()
    clock.now = 50_000
    underway = Underway(clock.now_ms)
    with underway.one():
        clock.now += 7_000
        assert underway.settled_to_ms(clock.now_ms) == 50_000 - SLACK_MS
    arrived = clock.now - 1  # what it brought is not visible yet
    clock.now += 400
    assert underway.settled_to_ms(lambda: arrived) == 50_000 - SLACK_MS
    assert underway.settled_to_ms(clock.now_ms) == clock.now - SLACK_MS


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_nothing_received_before_a_settled_time_is_still_to_come(random: Random) -> None:
    clock = Clock()
    clock.now = 10_000
    underway = Underway(clock.now_ms)
    answering: list[_Request] = []
    journal: list[_Request] = []
    for _ in range(random.randint(1, 60)):
        clock.now += random.choice([0, 1, 50, 99, 700, 3000])
        match random.choice(["start", "arrive", "end", "deliver", "look"]):
            case "start":
                answering.append(_Request(clock.now))
                answering[-1].enter_context(underway.one())
            case "arrive" if late := [one for one in answering if one.arrived is None]:
                journal.append(random.choice(late))
                journal[-1].arrived = clock.now
            case "end" if over := [one for one in answering if one.arrived]:
                answering.remove(over[0])
                over[0].close()
            case "deliver" if journal:  # oldest first
                journal.pop(0)
            case "look":
                fresh = min([one.arrived or 0 for one in journal], default=clock.now)
                settled = underway.settled_to_ms(partial(int, fresh))
                to_come = [one for one in answering if one.arrived is None] + journal
                assert settled <= min([one.received for one in to_come], default=clock.now)


class _Request(ExitStack):
    """A request that is answered, and what it brought: when it was received, and arrived."""

    def __init__(self, received: int) -> None:
        super().__init__()
        self.received = received
        self.arrived: int | None = None


def test_of_those_that_end_in_one_step_the_earliest_start_holds_time_back() -> None:
    clock = Clock()
    clock.now = 50_000
    underway, older, newer = Underway(clock.now_ms), ExitStack(), ExitStack()
    older.enter_context(underway.one())
    clock.now += 7_000
    newer.enter_context(underway.one())
    older.close()
    newer.close()
    assert underway.settled_to_ms(lambda: clock.now - STEP_MS) == 50_000 - SLACK_MS


def test_a_stream_that_stands_still_does_not_fill_the_memory() -> None:
    clock = Clock()
    underway = Underway(clock.now_ms)
    for _ in range(MAX_STEPS + 50):
        with underway.one():
            clock.now += STEP_MS
    assert len(underway._ended) == MAX_STEPS
    assert underway.settled_to_ms(lambda: 1) < 1
