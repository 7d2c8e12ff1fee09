"""The laws of dates: what JavaScript reads is read alike, in UTC, and nothing is ever raised.

The expected values were printed by V8 (Node 20, TZ=UTC).
"""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.wire import calendar, dates

JUNE = 1_624_718_880_000  # 2021-06-26T14:48:00Z
MIDNIGHT = 1_624_665_600_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-06-26T14:48:00.000", JUNE),
        ("2021-06-26T14:48:00Z", JUNE),
        ("2021-06-26T14:48Z", JUNE),
        ("2021-06-26t14:48:00z", JUNE),
        ("2021-06-26T16:48:00+02:00", JUNE),
        ("2021-06-26T16:48:00+0200", JUNE),
        ("2021-06-26T14:48:00.1234567Z", JUNE + 123),
        ("2021-06-26T14:48:00.1Z", JUNE + 100),
        ("+002021-06-26T14:48:00Z", JUNE),
        ("2021-06-26", MIDNIGHT),
        ("2021-06-25T24:00:00Z", MIDNIGHT),
        ("2021-06", 1_622_505_600_000),
        ("2021", 1_609_459_200_000),
        ("2021-02-30", 1_614_643_200_000),
        ("Sat, 26 Jun 2021 14:48:00 GMT", JUNE),
        ("Sat Jun 26 2021 16:48:00 GMT+0200 (Central European Summer Time)", JUNE),
        ("26 June 2021 14:48", JUNE),
        ("June 26, 2021 2:48 PM", JUNE),
        ("6/26/2021 2:48 pm", JUNE),
        ("6/26/21 14:48", JUNE),
        ("2021/06/26 14:48:00", JUNE),
        ("2021-06-26 14:48:00", JUNE),
        ("2021-06-26 14:48:00Z", JUNE),
        ("2021-06-26 16:48:00 +0200", JUNE),
        ("26-Jun-2021 10:48 EDT", JUNE),
        ("2021-06-26 14:48:00.123456", JUNE + 123),
        ("12/25/95", 819_849_600_000),
        ("Jan 5", 978_652_800_000),
        ("26\u00a0June 2021", MIDNIGHT),
        ("26 June ², 2021", None),
        ("26_June", None),
        ("1624718880", None),
        ("", None),
        ("now", None),
        ("yesterday", None),
        ("2021-06-32", None),
        ("2021-13-01", None),
        ("2021-06-26T25:00:00Z", None),
        ("2021-06-26T24:00:01Z", None),
        ("2021-06-26T14:60:00Z", None),
        ("2021-06-26T14:48:00+25:00", None),
        ("2021-06-26T14:48:00 tomorrow", None),
        ("-000000-01-01T00:00:00Z", None),
        ("13/45/2021", None),
        ("6/26/2021 14:48 PM", None),
        ("+275760-09-13T00:00:00.000Z", calendar.MAX_MS),
        ("+275760-09-13T00:00:00.001Z", None),
    ],
)
def test_texts_are_read_as_v8_reads_them(text: str, expected: int | None) -> None:
    assert dates.parse(text) == expected


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-23 * 60, 23 * 60))
def test_every_iso_text_is_read_to_the_millisecond(moment: datetime, minutes: int) -> None:
    year_is_safe = 2 <= moment.year <= 9998
    zone = timezone(timedelta(minutes=minutes) if year_is_safe else timedelta())
    text = moment.astimezone(zone).isoformat(timespec="milliseconds")
    since_epoch = moment - datetime(1970, 1, 1, tzinfo=UTC)
    assert dates.parse_iso(text) == since_epoch // timedelta(milliseconds=1)


@given(st.datetimes())
def test_the_plain_form_is_read_to_the_second(moment: datetime) -> None:
    text = moment.isoformat(sep=" ", timespec="seconds")
    since_epoch = moment - datetime(1970, 1, 1)
    assert dates.parse_plain(text) == since_epoch // timedelta(seconds=1) * 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-06-21",
        "2024-06-21T12:36:37",
        "2024-06-21 12:36",
        "2024-06-21 12:36:37Z",
        " 2024-06-21 12:36:37",
        "2024-6-21 12:36:37",
        "2024-06-31 12:36:37",
        "2023-02-29 12:36:37",
        "2024-13-01 12:36:37",
        "2024-06-21 24:00:00",
        "2024-06-21 12:60:00",
        "\uff12024-06-21 12:36:37",
    ],
)
def test_the_plain_form_is_the_only_one_of_its_kind(text: str) -> None:
    assert dates.parse_plain(text) is None


PIECES = ["2021", "26", "6", "00", "999999999", "Jun", "PM", "GMT", "Z", "EST", "T", "foo"]
PIECES += [":", "::", "-", "/", ".", ",", "+", "(", ")", " ", "é", "٣", "²", "\ud800"]


@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_any_text_is_a_time_within_range_or_none(text: str) -> None:
    found = dates.parse(text)
    assert found is None or abs(found) <= calendar.MAX_MS
