"""Date buckets where clocks change: known days, and laws over every zone and interval."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbunker.query.question import buckets, zones
from openbunker.query.question.buckets import Interval

HOUR = 3_600_000
ZONES = sorted(name for name in available_timezones() if name[0].isupper())
INTERVALS = st.sampled_from(list(Interval))


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def labels(first: str, last: str, interval: str, zone: str) -> list[str]:
    found = ZoneInfo(zone)
    edges = buckets.edges(ms(first), ms(last), Interval(interval), found)
    return [zones.label(at, found) for at in edges]


def test_a_day_has_23_or_25_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)):
        at = ms(f"{day}T12:00:00+01:00")
        start, end = buckets.edges(at, at, Interval.DAY, berlin)
        assert end - start == hours * HOUR
        assert len(buckets.edges(start, end - 1, Interval.HOUR, berlin)) == hours + 1


def test_an_hour_that_comes_twice_is_two_buckets() -> None:
    assert labels("2026-10-25T00:30Z", "2026-10-25T01:30Z", "hour", "Europe/Berlin") == [
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    ]


@pytest.mark.parametrize(
    ("first", "last", "interval", "zone", "expected"),
    [
        # The clock goes on by half an hour, at two; and back, to half past one.
        ("2026-10-03T15:00Z", "2026-10-03T15:45Z", "hour", "Australia/Lord_Howe",
         ["2026-10-04T01:00:00+10:30", "2026-10-04T02:30:00+11:00", "2026-10-04T03:00:00+11:00"]),
        ("2026-04-04T14:30Z", "2026-04-04T15:00Z", "hour", "Australia/Lord_Howe",
         ["2026-04-05T01:00:00+11:00", "2026-04-05T01:30:00+10:30", "2026-04-05T02:00:00+10:30"]),
        # There is no midnight: the day begins at one.
        ("2026-09-06T12:00Z", "2026-09-06T12:00Z", "day", "America/Santiago",
         ["2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"]),
        # Midnight comes twice: the day begins with the first.
        ("2026-11-01T12:00Z", "2026-11-01T12:00Z", "day", "America/Havana",
         ["2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"]),
        # A day that was skipped is no bucket.
        ("2011-12-30T00:00Z", "2011-12-31T00:00Z", "day", "Pacific/Apia",
         ["2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"]),
        # The first day of 2027 is in the last ISO week of 2026.
        ("2027-01-01T12:00Z", "2027-01-04T12:00Z", "week", "UTC",
         ["2026-12-28T00:00:00+00:00", "2027-01-04T00:00:00+00:00", "2027-01-11T00:00:00+00:00"]),
        ("2028-02-29T12:00Z", "2028-02-29T12:00Z", "month", "Asia/Kathmandu",
         ["2028-02-01T00:00:00+05:45", "2028-03-01T00:00:00+05:45"]),
    ],
)  # fmt: skip
def test_known_days(first: str, last: str, interval: str, zone: str, expected: list[str]) -> None:
    assert labels(first, last, interval, zone) == expected


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 4_000_000_000_000), st.integers(0, 500), INTERVALS, st.sampled_from(ZONES))
def test_buckets_cover_the_period_in_order(
    first: int, steps: int, interval: Interval, name: str
) -> None:
    zone, width = ZoneInfo(name), 28 * 24 * HOUR if interval is Interval.MONTH else HOUR // 60
    last = first + steps * width
    edges = buckets.edges(first, last, interval, zone)

    assert all(left < right for left, right in pairwise(edges))
    assert edges[0] <= first < edges[1]
    assert edges[-2] <= last < edges[-1]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 4_000_000_000_000), INTERVALS, st.sampled_from(ZONES))
def test_a_time_is_in_the_bucket_that_the_wall_says(at: int, interval: Interval, name: str) -> None:
    """Its bucket begins where the wall shows the start, or where the clock has just changed."""
    zone = ZoneInfo(name)
    start, _ = buckets.edges(at, at, interval, zone)
    shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).astimezone(zone)
    rounded = shown.replace(second=0, microsecond=0)
    if interval is not Interval.MINUTE:
        rounded = rounded.replace(minute=0)
    if interval not in (Interval.MINUTE, Interval.HOUR):
        rounded = rounded.replace(hour=0, fold=0)
    if interval is Interval.WEEK:
        rounded -= timedelta(days=rounded.weekday())
    if interval is Interval.MONTH:
        rounded = rounded.replace(day=1)

    assert zones.wall(start, zone).replace(tzinfo=None) == rounded.replace(tzinfo=None) or (
        zones.offset_ms(start - 1, zone) != zones.offset_ms(start, zone)
    )


def test_stretches_are_few_and_say_the_same() -> None:
    """Ten years of days in a zone whose clocks change twice a year."""
    first = ms("2020-01-15T00:00Z")
    edges = buckets.edges(first, first + 3650 * 24 * HOUR, Interval.DAY, ZoneInfo("Europe/Berlin"))
    runs = buckets.stretches(edges)

    assert len(runs) < 50
    told = [run.start_ms + n * run.width_ms for run, count in zip(
        runs, [b.first - a.first for a, b in pairwise(runs)] + [len(edges) - 1 - runs[-1].first],
        strict=True) for n in range(count)]  # fmt: skip
    assert told == edges[:-1]


@pytest.mark.parametrize(
    ("interval", "minutes"), [(Interval.MINUTE, 10_000), (Interval.MINUTE, 5_000_000)]
)
def test_too_many_are_refused(interval: Interval, minutes: int) -> None:
    with pytest.raises(ValueError, match="at most 10000"):
        buckets.edges(0, minutes * 60_000, interval, zones.DEFAULT)


def test_as_many_as_an_answer_has_rows_are_not() -> None:
    assert len(buckets.edges(0, 10_000 * 60_000 - 1, Interval.MINUTE, zones.DEFAULT)) == 10_001


@pytest.mark.parametrize(
    "name",
    ["", "utc", "Berlin", "europe/berlin", "Europe/", "../etc/passwd", "/etc/localtime",
     "localtime", "Europe/../UTC", "Europe", "Europe/Berlin\0", "UTC+1", "+01:00", "posix/UTC",
     "A" * 100, 5, None, ["UTC"], "Etc/GMT+99", "GMT0 "],
)  # fmt: skip
def test_another_name_is_no_zone(name: object) -> None:
    with pytest.raises(ValueError, match="Europe/Berlin"):
        zones.named(name)


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+9"])
def test_an_iana_name_is_a_zone(name: str) -> None:
    assert zones.named(name).key == name
