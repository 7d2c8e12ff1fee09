"""The partitions that a statement names on Athena: all that may hold its rows, and few others."""

import duckdb
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from bench.costs.projection import projected
from openbunker.core import layout
from openbunker.core.times import DAY_MS, HOUR_MS, MINUTE_MS
from openbunker.query.athena.partitions import REFUSED_HOURS, Begins, arrived
from openbunker.query.engine import Statement
from openbunker.query.scope import EVENTS, REFUSED
from tests.support.query.lake import NOW_MS

TREE = sqlglot.parse_one("SELECT * FROM events")


def statement(from_ms: int, to_ms: int, table: str = EVENTS) -> Statement:
    assert isinstance(TREE, exp.Query)
    return Statement(TREE, {}, from_ms, to_ms, table=table)


def readings(found: exp.Subquery) -> dict[str, exp.Select]:
    """Return the SELECT of each table."""
    return {
        one.args["from_"].this.name: one
        for one in found.find_all(exp.Select)
        if isinstance(one.args["from_"].this, exp.Table)
    }


def names(from_ms: int, to_ms: int) -> int:
    (rows,) = readings(arrived(statement(from_ms, to_ms), Begins())).values()
    return len(projected(rows, NOW_MS))


def test_a_few_minutes_are_a_few_partitions_also_over_midnight() -> None:
    noon_ms = NOW_MS - NOW_MS % DAY_MS - DAY_MS // 2
    assert names(noon_ms, noon_ms + 20 * MINUTE_MS) == 21
    # Ten minutes before and after, for each of the two days.
    midnight_ms = noon_ms + DAY_MS // 2
    assert names(midnight_ms - 10 * MINUTE_MS, midnight_ms + 9 * MINUTE_MS) == 40
    assert names(noon_ms, noon_ms + 2 * DAY_MS) == 3 * 2_360


@given(st.integers(0, 3 * DAY_MS), st.integers(0, 3 * DAY_MS))
def test_the_conditions_name_the_partitions_of_the_time_and_no_others(
    from_ms: int, longer_ms: int
) -> None:
    from_ms += NOW_MS - 3 * DAY_MS
    (rows,) = readings(arrived(statement(from_ms, from_ms + longer_ms), Begins())).values()
    condition = rows.args["where"].this.sql("duckdb")
    first, last = layout.arrivals(layout.HOT, from_ms, from_ms + longer_ms)
    for at_ms in (from_ms - MINUTE_MS, from_ms, from_ms + longer_ms, from_ms + longer_ms + 60_000):
        at, _ = layout.arrivals(layout.HOT, at_ms, at_ms)
        names = f"SELECT {condition} FROM (SELECT '{at[0]}' AS dt, '{at[1]}' AS hm)"
        assert duckdb.execute(names).fetchall() == [(first <= at <= last,)]


@pytest.mark.parametrize(
    ("hours_ms", "by_minute"),
    [(None, 400), (NOW_MS + DAY_MS, 400), (NOW_MS - 90 * MINUTE_MS, 31), (0, 0)],
)
def test_what_was_refused_lies_in_24_partitions_a_day_once_all_is_by_hour(
    hours_ms: int | None, by_minute: int
) -> None:
    asked = statement(NOW_MS - 2 * HOUR_MS, NOW_MS, REFUSED)
    found = readings(arrived(asked, Begins(hours_ms=lambda: hours_ms)))
    assert len(projected(found[REFUSED_HOURS], NOW_MS)) == 6  # of two days, for midnight is now
    assert (REFUSED in found) == (by_minute > 0)
    if by_minute:
        assert len(projected(found[REFUSED], NOW_MS)) <= by_minute
    quarter = statement(NOW_MS - 90 * DAY_MS, NOW_MS, REFUSED)
    settled = readings(arrived(quarter, Begins(hours_ms=lambda: 0)))
    assert len(projected(settled[REFUSED_HOURS], NOW_MS)) == 91 * 24


def test_a_long_time_begins_with_the_oldest_object() -> None:
    """Before anything was compacted: else a question of all time projects each minute of it."""
    begins = Begins(hot_ms=lambda: NOW_MS - HOUR_MS)
    (rows,) = readings(arrived(statement(0, NOW_MS), begins)).values()
    assert len(projected(rows, NOW_MS)) <= 2 * 60 + 41
    nobody = Begins(hot_ms=lambda: 1 // 0)  # an hour is not worth a look
    arrived(statement(NOW_MS - HOUR_MS, NOW_MS), nobody)
