"""When a batch is due, and what each kind of answer does to its events."""

import pytest

from openbunker_client.delivery.core import MAX_BODY, PATIENCE, Core
from openbunker_client.model import Again, Answer, Item, Refusal, Settled, TooMuch
from sdk.tests.simulated import Clock, Collector, Driven, core, items

ALL_SENT = Settled([None, None, None])


def filled(*names: str, **changes: object) -> Core:
    found = core(**changes)
    assert all(found.offer(item, 100.0) for item in items(*names))
    return found


def taken(found: Core, now: float) -> list[Item]:
    batch = found.take(now)
    assert batch is not None
    return batch


def names(batch: list[Item] | None) -> list[str]:
    return [item.unsent("", "").name for item in batch or ()]


def test_a_full_batch_is_due_at_once() -> None:
    assert names(filled("a", "b", "c", "d").take(100.0)) == ["a", "b", "c"]


def test_an_incomplete_batch_waits_for_its_timeout() -> None:
    found = filled("a", "b")
    assert found.take(101.9) is None
    assert found.wait(101.5) == 0.5
    assert names(found.take(102.0)) == ["a", "b"]


def test_a_flush_waits_for_no_timeout() -> None:
    found = filled("a")
    found.hurry()
    assert names(found.take(100.0)) == ["a"]


def test_one_batch_is_in_flight_at_a_time() -> None:
    found = filled("a", "b", "c", "d", "e", "f")
    assert found.take(100.0)
    assert found.take(100.0) is None
    assert found.wait(100.0) is None


def test_events_in_flight_count_as_queued() -> None:
    found = filled("a", "b", "c", max_queue_size=3)
    found.take(100.0)
    assert not found.offer(items("d")[0], 100.0)
    assert found.report() == (0, 0, 3, 0)


def test_a_batch_holds_no_more_bytes_than_a_server_takes() -> None:
    found = core()
    for _ in range(3):
        found.offer(Item(b"x" * (MAX_BODY // 2 - 10)), 0.0)
    found.hurry()
    assert len(taken(found, 0.0)) == 2


def test_an_event_larger_than_any_request_is_sent_alone_for_the_server_to_judge() -> None:
    found = core()
    for size in (10, MAX_BODY + 1, 10):
        found.offer(Item(b"x" * size), 0.0)
    found.hurry()
    sizes = []
    while (batch := found.take(0.0)) is not None:
        sizes.append([len(item.body) for item in batch])
        found.settle(batch, Settled([None] * len(batch)), 0.0)
    assert sizes == [[10], [MAX_BODY + 1], [10]]


def test_failed_tries_wait_longer_each_time_up_to_a_limit() -> None:
    found = filled("a", "b", "c", max_retries=None)
    now, waits = 100.0, []
    for _ in range(9):
        found.settle(taken(found, now), Again("HTTP 503"), now)
        waits.append(found.wait(now) or 0.0)
        now += waits[-1]
    assert waits == [0.25, 0.5, 1, 2, 4, 8, 15, 15, 15]


def test_retry_after_is_obeyed_and_spread() -> None:
    found = filled("a", "b", "c", random=lambda: 1.0)
    found.settle(taken(found, 100.0), Again("HTTP 429", 60.0), 100.0)
    assert found.take(159.9) is None
    assert found.wait(100.0) == pytest.approx(66)
    assert found.take(166.0)


def test_a_server_that_says_now_each_time_is_not_asked_all_at_once() -> None:
    found = filled("a", "b", "c", max_retries=None)
    now, waits = 100.0, []
    for asked in (0.0, 0.0, 0.1, 3.0, 1.0):
        found.settle(taken(found, now), Again("HTTP 429", asked), now)
        waits.append(found.wait(now) or 0.0)
        now += waits[-1]
    assert waits == pytest.approx([0.25, 0.5, 1, 3, 4])


def test_an_absurd_retry_after_is_bounded() -> None:
    found = filled("a", "b", "c")
    found.settle(taken(found, 100.0), Again("HTTP 503", 1e9), 100.0)
    assert found.wait(100.0) == 3600


def test_a_flush_does_not_shorten_a_wait_that_the_server_asked_for() -> None:
    found = filled("a", "b", "c")
    found.settle(taken(found, 100.0), Again("HTTP 429", 60.0), 100.0)
    found.hurry()
    assert found.take(130.0) is None


def test_a_success_ends_the_waiting() -> None:
    found = filled("a", "b", "c", "d", "e", "f")
    found.settle(taken(found, 100.0), Again("HTTP 503"), 100.0)
    found.settle(taken(found, 101.0), ALL_SENT, 101.0)
    assert found.wait(101.0) == 0


def test_a_clock_that_went_back_ends_a_wait() -> None:
    found = filled("a", "b", "c")
    found.settle(taken(found, 100.0), Again("HTTP 503", 60.0), 100.0)
    assert found.take(3.0)


def test_what_is_sent_again_keeps_its_order_before_all_others() -> None:
    found = filled("a", "b", "c", "d")
    found.settle(taken(found, 100.0), Again("HTTP 503"), 100.0)
    assert names(found.take(101.0)) == ["a", "b", "c"]


def test_a_lone_event_that_is_answered_500_goes_behind_the_others() -> None:
    found = filled("a", "b", batch_size=1)
    found.settle(taken(found, 100.0), Again("HTTP 500", suspect=True), 100.0)
    assert names(found.take(101.0)) == ["b"]


def test_a_lone_event_that_finds_nobody_keeps_its_place() -> None:
    found = filled("a", "b", batch_size=1)
    found.settle(taken(found, 100.0), Again("HTTP 503"), 100.0)
    assert names(found.take(101.0)) == ["a"]


def test_what_fails_for_long_of_who_knows_what_goes_behind_the_others() -> None:
    found, now = filled("a", "b", "c", "d"), 100.0
    for _ in range(PATIENCE):
        batch = taken(found, now)
        found.settle(batch, Again("reset by peer", unclear=True), now)
        now += 60
    assert names(batch) == ["a", "b", "c"]
    found.settle(taken(found, now), Settled([None]), now)
    assert found.report().sent == 1
    assert names(found.take(now)) == ["a", "b", "c"]


@pytest.mark.parametrize("trouble", ["503", "reset", "lost"])
def test_an_outage_makes_no_small_batches_of_many(trouble: str) -> None:
    clock = Clock()
    collector = Collector(clock, [trouble] * 200)
    client = Driven(collector, clock, max_retries=10_000)
    for number in range(1000):
        client.track("good", str(number))
    client.run()
    assert client.engine.report() == (1000, 0, 0, 0)
    assert set(collector.sizes) == {100}


def test_after_its_last_try_an_event_is_dropped_and_told() -> None:
    found = filled("a", "b", "c", max_retries=2)
    now = 100.0
    for _ in range(2):
        assert found.settle(taken(found, now), Again("HTTP 503"), now) == ([], [])
        now += 10
    settled, told = found.settle(taken(found, now), Again("HTTP 503"), now)
    assert names(settled) == ["a", "b", "c"]
    assert told[0].reason == "retries_exhausted"
    assert told[0].message == "given up after 3 tries: HTTP 503"
    assert found.report() == (0, 0, 0, 3)


def test_a_partial_answer_sends_only_the_rest_again_and_first() -> None:
    found = filled("a", "b", "c", "d")
    answer = Settled([None, True, Refusal("invalid_schema", "name")], "HTTP 200", 5.0)
    settled, told = found.settle(taken(found, 100.0), answer, 100.0)
    assert names(settled) == ["a", "c"]
    assert names([one.item for one in told]) == ["c"]
    assert found.take(104.0) is None
    assert names(found.take(106.0)) == ["b", "d"]


def test_a_batch_that_is_too_much_is_halved_until_the_event_is_found() -> None:
    clock = Clock()
    collector = Collector(clock)
    collector.most = 3
    client = Driven(collector, clock, batch_size=40)
    for at in range(40):
        client.track("good", str(at))
    client.run()
    assert client.engine.report() == (40, 0, 0, 0)
    assert collector.sizes[:5] == [40, 20, 10, 5, 2]
    assert max(collector.arrived.values()) == 1


@pytest.mark.parametrize("answer", [ALL_SENT, Again("late"), TooMuch(Refusal("x", "y"))])
def test_an_answer_to_an_abandoned_batch_changes_nothing(answer: Answer) -> None:
    found = filled("a", "b", "c", "d")
    batch = taken(found, 100.0)
    assert names([one.item for one in found.abandon("closed", "")]) == ["a", "b", "c", "d"]
    assert found.settle(batch, answer, 100.0) == ([], [])
    assert found.report() == (0, 0, 0, 4)
