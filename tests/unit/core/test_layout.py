"""The laws of the storage layout: a hot object's key and its minute belong to each other."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import layout
from openbunker.core.times import DAY_MS, MINUTE_MS

TIMES = st.integers(0, 4_000_000_000_000)
ARRIVAL_MS = 1_790_000_059_999  # 2026-09-21T14:14:19.999Z


@given(TIMES)
def test_parse_finds_the_minute_of_arrival(arrival_ms: int) -> None:
    name = layout.object_name("events", arrival_ms, "0a1b")
    found = layout.parse(layout.hot_prefix(arrival_ms) + name)
    assert found is not None
    assert found.day == layout.day(arrival_ms)
    assert found.name + layout.SUFFIX == name


@given(TIMES, TIMES)
def test_the_order_of_prefixes_is_the_order_of_minutes(one: int, other: int) -> None:
    first, second = sorted((one, other))
    assert layout.hot_prefix(first) <= layout.hot_prefix(second)
    same = first // MINUTE_MS == second // MINUTE_MS
    assert (layout.hot_prefix(first) == layout.hot_prefix(second)) == same


def test_the_prefix_is_the_one_that_the_stream_evaluates() -> None:
    assert layout.hot_prefix(ARRIVAL_MS) == "hot/dt=2026-09-21/hm=1414/"
    evaluated = re.sub(r"!\{timestamp:yyyy-MM-dd\}", "2026-09-21", layout.HOT_PREFIX)
    assert evaluated.replace("!{timestamp:HHmm}", "1414") == layout.hot_prefix(ARRIVAL_MS)


def test_what_was_refused_lies_by_hour_and_is_found_by_hour_and_by_minute() -> None:
    assert layout.refused_prefix(ARRIVAL_MS) == "refused/dt=2026-09-21/hm=1400/"
    evaluated = re.sub(r"!\{timestamp:yyyy-MM-dd\}", "2026-09-21", layout.REFUSED_PREFIX)
    assert evaluated.replace("!{timestamp:HH}", "14") == layout.refused_prefix(ARRIVAL_MS)


@given(TIMES, st.integers(0, 3 * DAY_MS), st.integers(0, 3 * DAY_MS), st.booleans())
def test_partitions_of_a_time_hold_all_that_arrived_then(
    from_ms: int, after_ms: int, longer_ms: int, by_minute: bool
) -> None:
    """Of what was refused too, by hour or, of an earlier release, by minute."""
    at_ms, to_ms = from_ms + after_ms, from_ms + after_ms + longer_ms
    minute = layout.hot_prefix(at_ms).split("/")[1:3]
    for place, parts in (
        (layout.HOT, minute),
        (layout.REFUSED, minute if by_minute else layout.refused_prefix(at_ms).split("/")[1:3]),
    ):
        first, last = layout.arrivals(place, from_ms, to_ms)
        assert first <= tuple(part.partition("=")[2] for part in parts) <= last


@pytest.mark.parametrize(
    "key",
    [
        "",
        "hot/",
        "hot/dt=2026-09-21/hm=1414/",
        "hot/dt=2026-09-21/hm=1414/x.json",
        "hot/dt=2026-09-21/hm=1414/a/b.json.gz",
        "hot/dt=2026-9-21/hm=1414/x.json.gz",
        "errors/format/dt=2026-09-21/x.json.gz",
        "other/hot/dt=2026-09-21/hm=1414/x.json.gz",
        "hot/dt=2026-09-21/hm=1414/x.json.gz.tmp",
    ],
)
def test_anything_else_is_no_hot_object(key: str) -> None:
    assert layout.parse(key) is None


@pytest.mark.parametrize(
    ("timestamp_ms", "expected"),
    [
        (ARRIVAL_MS, "2026-09-21"),
        (ARRIVAL_MS + layout.COLD_AFTER_MS, "2026-09-22"),
        (ARRIVAL_MS + layout.COLD_AFTER_MS + 1, layout.OTHER_DAYS),
        (ARRIVAL_MS - layout.COLD_BEFORE_MS, "2026-08-22"),
        (ARRIVAL_MS - layout.COLD_BEFORE_MS - 1, layout.OTHER_DAYS),
        (-1, layout.OTHER_DAYS),
    ],
)
def test_a_row_far_from_its_receipt_gets_no_day_of_its_own(
    timestamp_ms: int, expected: str
) -> None:
    assert layout.cold_day(timestamp_ms, ARRIVAL_MS) == expected
