"""The periods of a question: their first and last millisecond, in a time zone."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openbunker.core.errors import RequestRefused
from openbunker.query.question import period, question
from openbunker.wire.calendar import MAX_MS

BERLIN = ZoneInfo("Europe/Berlin")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


NOW = "2026-03-31T12:30:00+02:00"


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("minus_1_weeks", "2026-03-24T11:30:00+01:00", None),  # seven times 24 hours
        ("minus_1_months", "2026-02-28T12:30:00+01:00", None),  # there is no 31 February
        ("minus_13_months", "2025-02-28T12:30:00+01:00", None),
        ("minus_119_months", "2016-04-30T12:30:00+02:00", None),
        ("today", "2026-03-31T00:00:00+02:00", None),
        ("yesterday", "2026-03-30T00:00:00+02:00", "2026-03-31T00:00:00+02:00"),
        (
            {"from": "2026-03-29", "to": "2026-03-30"},
            "2026-03-29T00:00:00+01:00",
            "2026-03-30T00:00:00+02:00",  # a day of 23 hours
        ),
        (
            {"from": "2026-03-29T02:30", "to": "2026-03-29T04:00Z"},
            "2026-03-29T03:00:00+02:00",  # clocks skip half past two
            "2026-03-29T06:00:00+02:00",
        ),
        (
            {"from": "2025-10-26 02:30:00.5", "to": 1_800_000_000_000},
            "2025-10-26T02:30:00.5+02:00",  # the first of two
            "2027-01-15T08:00:00+00:00",
        ),
    ],
)
def test_a_period_follows_the_calendar_of_its_zone(asked: Any, first: str, end: str | None) -> None:
    last_ms = ms(end) - 1 if end else ms(NOW)

    assert period.read(asked).bounds(ms(NOW), BERLIN) == (ms(first), last_ms)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ({"from": "0001-01-01", "to": "9999-12-31"}, -62_135_596_800_000, 253_402_214_400_000),
        ({"from": "1969-12-31", "to": "2999-01-01"}, -86_400_000, 32_472_144_000_000),
        ({"from": -(10**16), "to": 10**16}, -(10**16), 10**16),
    ],
)
def test_any_two_times_are_a_period(asked: Any, first: int, end: int, zone: str) -> None:
    low, high = period.read(asked).bounds(0, ZoneInfo(zone))

    is_text = isinstance(asked["from"], str)
    assert abs(low - first) <= is_text * 15 * 3_600_000
    assert abs(high + 1 - end) <= is_text * 15 * 3_600_000


def test_all_time_has_no_bounds_that_an_event_could_be_beyond() -> None:
    low, high = period.parse("all").bounds(ms(NOW), BERLIN)

    assert low < -2 * MAX_MS
    assert high > 2 * MAX_MS


def test_yesterday_may_have_25_hours() -> None:
    first, last = period.read("yesterday").bounds(ms("2026-10-26T09:00:00+01:00"), BERLIN)

    assert last + 1 - first == 25 * 3_600_000


def test_without_a_zone_it_is_utc() -> None:
    assert period.parse("today").bounds(ms("2026-03-31T00:30:00+02:00")) == (
        ms("2026-03-30T00:00:00+00:00"),
        ms("2026-03-31T00:30:00+02:00"),
    )


def test_the_zone_of_the_buckets_is_that_of_the_period() -> None:
    body: dict[str, Any] = {
        "time_period": {"from": "2026-07-01", "to": 1_782_871_200_000 + 1},
        "group_by_date": {"interval": "hour", "timezone": "Asia/Tokyo"},
    }
    first = ms("2026-07-01T00:00:00+09:00")

    assert question.parse(body).bounds(0) == (first, 1_782_871_200_000)
    with pytest.raises(RequestRefused, match="time_period: from is before to"):
        question.parse({**body, "group_by_date": {"interval": "hour", "timezone": "US/Hawaii"}})


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"from": "2026-01-02", "to": "2026-01-02"}, "from is before to"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "from is before to"),
        ({"from": "2026-1-2", "to": "2026-02-01"}, "from is a time: whole milliseconds"),
        ({"from": "2026-01-02", "to": "2026-02-30"}, "to is a time: "),
        ({"from": "2026-01-02T25:00", "to": "2026-03-30"}, "from is a time: "),
        ({"from": "0000-12-31", "to": "1970-01-02"}, "from is a time: "),
        ({"from": 0, "to": 10**20}, "to is a time: "),
        ({"from": True, "to": 5}, "from is a time: "),
        ({"from": None, "to": 5}, "from is a time: "),
        ({"from": 1.5, "to": 5}, "from is a time: "),
        ({"from": "now", "to": "today"}, "from is a time: "),
    ],
)
def test_a_wrong_moment_is_named(asked: Any, told: str) -> None:
    for body in (
        {"time_period": asked},
        {"time_period": asked, "group_by_date": {"interval": "day"}},
    ):
        with pytest.raises(RequestRefused) as caught:
            question.parse(body)
        assert caught.value.message.startswith(f"time_period: {told}")
