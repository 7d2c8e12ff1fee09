"""When the counter of a server counts, and which days; what fails is told and tried again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.errors import QueryUnavailable
from openbunker.core.times import DAY_MS, HOUR_MS
from openbunker.keys.memory import MemoryKeyStore
from openbunker.query.engine import Statement, Table
from openbunker.usage.days import FIRST_MS, LATE_MS, bounds, day_of, days_to_count
from openbunker.usage.memory import MemoryUsageStore
from openbunker_local.lake.usage_counter import Counter, uncounted
from tests.support.query.lake import NOW_MS


class Nothing:
    """An engine over no events; `fails` lets it be away."""

    def __init__(self) -> None:
        self.days: list[str] = []
        self.fails = False

    def run(self, statement: Statement) -> Table:
        if self.fails:
            raise QueryUnavailable("away")
        self.days.append(day_of(statement.from_ms + DAY_MS))
        return Table((), (), None)


@given(st.integers(0, 40 * DAY_MS), st.integers(0, 40 * DAY_MS))
def test_no_moment_between_two_counts_is_left_out(counted: int, since: int) -> None:
    """Every hour from before the last count until now lies in one of the days."""
    counted_ms, now_ms = NOW_MS + counted, NOW_MS + counted + since
    days = days_to_count(counted_ms, now_ms)
    assert days == sorted(set(days))
    assert bounds(days[0])[0] <= counted_ms - LATE_MS
    assert bounds(days[-1])[0] <= now_ms < bounds(days[-1])[1]
    assert len(days) == (bounds(days[-1])[0] - bounds(days[0])[0]) // DAY_MS + 1


def test_with_a_new_day_the_days_before_are_counted_once_more() -> None:
    """Firehose tries for a day; what comes so late is cold after its day is over."""
    midnight, minute = bounds(day_of(NOW_MS))[0], 60_000
    assert days_to_count(midnight + 5 * HOUR_MS, midnight + 5 * HOUR_MS + minute) == [
        day_of(midnight)
    ]
    turned = days_to_count(midnight - minute, midnight + minute)
    assert turned == [day_of(midnight + back * DAY_MS) for back in (-3, -2, -1, 0)]


def test_a_clock_that_ran_back_counts_no_days_to_come() -> None:
    assert days_to_count(NOW_MS + 5 * DAY_MS, NOW_MS)[-1] == day_of(NOW_MS)


def test_the_first_count_begins_a_day_ago() -> None:
    assert days_to_count(None, NOW_MS)[0] == day_of(NOW_MS - FIRST_MS)


@pytest.fixture
def lines() -> list[Any]:
    return []


def counter(engine: Nothing, store: MemoryUsageStore, lines: list[Any]) -> Counter:
    return Counter(
        engine,
        store,
        MemoryKeyStore(),
        now_ms=lambda: NOW_MS,
        monotonic=lambda: 0.0,
        log=lines.append,
        every_seconds=0.001,
    )


def test_a_count_that_fails_is_told_and_made_good(lines: list[Any]) -> None:
    engine, store = Nothing(), MemoryUsageStore()
    engine.fails = True
    one = counter(engine, store, lines)
    one.count()
    assert lines == [{"level": "ERROR", "error": "usage was not counted: away"}]
    assert store.counted_ms() is None
    engine.fails = False
    one.count()
    assert store.counted_ms() == NOW_MS
    assert engine.days[-1] == day_of(NOW_MS)


def test_the_first_count_is_of_every_day_there_is(lines: list[Any]) -> None:
    first = day_of(NOW_MS - 40 * DAY_MS)
    assert uncounted(None, NOW_MS, lambda: first)[0] == first
    assert uncounted(None, NOW_MS, lambda: first)[-1] == day_of(NOW_MS)
    assert uncounted(None, NOW_MS, lambda: None) == days_to_count(None, NOW_MS)
    assert uncounted(None, NOW_MS, lambda: day_of(NOW_MS)) == days_to_count(None, NOW_MS)
    assert uncounted(NOW_MS, NOW_MS, lambda: first) == days_to_count(NOW_MS, NOW_MS)
    engine = Nothing()
    one = counter(engine, MemoryUsageStore(), lines)
    one._first_day = lambda: first
    one.count()
    one.count()
    assert len(engine.days) == 41 + len(days_to_count(NOW_MS, NOW_MS))


def test_a_counter_ends_when_it_is_closed(lines: list[Any]) -> None:
    one = counter(Nothing(), MemoryUsageStore(), lines)
    one.start()
    one.close()
    assert not one._thread.is_alive()
