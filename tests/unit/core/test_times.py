"""One text of a time, the same as `datetime` would write."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.times import DAY_MS, HOUR_MS, MINUTE_MS, iso

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.datetimes())
def test_a_time_is_iso_8601_in_utc_to_the_millisecond(at: datetime) -> None:
    at_ms = (at.replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)

    assert iso(at_ms) == at.isoformat(timespec="milliseconds") + "Z"


def test_lengths_are_what_their_names_say() -> None:
    assert timedelta(minutes=1) == timedelta(milliseconds=MINUTE_MS)
    assert timedelta(hours=1) == timedelta(milliseconds=HOUR_MS)
    assert timedelta(days=1) == timedelta(milliseconds=DAY_MS)
