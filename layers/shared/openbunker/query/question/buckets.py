"""Date buckets: where they begin in a time zone, and the few stretches of equal width. Pure.

Buckets follow the wall clock: a day has 23, 24 or 25 hours, and an hour that comes twice is two
buckets, because a change of the clocks begins one. No SQL here, and nothing of the question.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from openbunker.core.times import DAY_MS, HOUR_MS, MINUTE_MS
from openbunker.query.question import zones

# As many as an answer has rows at most, and as Athena's SEQUENCE returns.
MAX_BUCKETS = 10_000
# Each has a place in the statement, and no engine takes one of any length.
MAX_STRETCHES = 400


class Interval(StrEnum):
    """How long a bucket is. A week begins on Monday (ISO 8601)."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_WIDTHS_MS = {Interval.MINUTE: MINUTE_MS, Interval.HOUR: HOUR_MS}
_MILLISECOND, _MICROSECOND = timedelta(milliseconds=1), timedelta(microseconds=1)
_DAYS = {Interval.DAY: 1, Interval.WEEK: 7, Interval.MONTH: 28}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Buckets of one width: where they begin, how wide they are, and the number of the first."""

    start_ms: int
    width_ms: int
    first: int


def edges(from_ms: int, to_ms: int, interval: Interval, zone: ZoneInfo) -> list[int]:
    """Return where the buckets begin that hold a period, both its ends within, and the last's end.

    The first begins at or before the period. Raises ValueError when there are too many, or where
    there is no calendar.
    """
    width_ms = _WIDTHS_MS.get(interval) or _DAYS[interval] * DAY_MS
    if (to_ms - from_ms) // width_ms > 2 * MAX_BUCKETS:
        raise ValueError(_too_many(f"more than {2 * MAX_BUCKETS}"))
    try:
        found = _edges(from_ms, to_ms, interval, zone)
    except (OverflowError, StopIteration):
        text = "date buckets are of the years 1 to 9999, and the period is not"
        raise ValueError(f"{text}: ask for another period, or without group_by_date") from None
    if len(found) - 1 > MAX_BUCKETS:
        raise ValueError(_too_many(str(len(found) - 1)))
    if (lengths := len(stretches(found))) > MAX_STRETCHES:
        text = f"buckets of the period change their length {lengths} times; at most {MAX_STRETCHES}"
        raise ValueError(f"{text}: ask for another interval or a shorter period")
    return found


def _edges(from_ms: int, to_ms: int, interval: Interval, zone: ZoneInfo) -> list[int]:
    if interval in _WIDTHS_MS:
        every = _of_clock(from_ms, _WIDTHS_MS[interval], zone)
    else:
        every = _of_calendar(from_ms, interval, zone)
    found = [next(every)]
    while found[-1] <= to_ms:
        found.append(next(every))
    return found[bisect_right(found, from_ms) - 1 :]


def stretches(found: Sequence[int]) -> list[Stretch]:
    """Return the runs of buckets of equal width among edges."""
    runs: list[Stretch] = []
    for index, (start, end) in enumerate(pairwise(found)):
        if not runs or end - start != runs[-1].width_ms:
            runs.append(Stretch(start, end - start, index))
    return runs


def _too_many(count: str) -> str:
    text = f"the period has {count} buckets; at most {MAX_BUCKETS}"
    return f"{text}: ask for a longer interval or a shorter period"


def _of_clock(from_ms: int, width_ms: int, zone: ZoneInfo) -> Iterator[int]:
    """Yield the beginnings of minutes or hours, and the changes of the clocks among them."""
    offset = zones.offset_ms(from_ms, zone)
    at = from_ms - (from_ms + offset) % width_ms
    if zones.offset_ms(at, zone) != offset:
        at = zones.change_ms(zone, at, from_ms)
    while True:
        yield at
        offset = zones.offset_ms(at, zone)
        following = at - (at + offset) % width_ms + width_ms
        changed = zones.offset_ms(following, zone) != offset
        at = zones.change_ms(zone, at, following) if changed else following


def _of_calendar(from_ms: int, interval: Interval, zone: ZoneInfo) -> Iterator[int]:
    """Yield the first moments of days, weeks or months; a day that clocks skip is left out."""
    first = zones.wall(from_ms, zone)
    date = datetime(first.year, first.month, first.day)
    if interval is Interval.WEEK:
        date -= timedelta(days=date.weekday())
    elif interval is Interval.MONTH:
        date = date.replace(day=1)
    last = None
    while True:
        at = zones.instant_ms(date, zone)
        if last is None or at > last:
            yield at
            last = at
        try:
            date = _next(date, interval)
        except OverflowError:  # beyond the last year; a bucket begins and ends by the calendar
            yield at + (datetime.max - date + _MICROSECOND) // _MILLISECOND
            return


def _next(date: datetime, interval: Interval) -> datetime:
    if interval is Interval.MONTH:
        return (date + timedelta(days=31)).replace(day=1)
    return date + timedelta(days=_DAYS[interval])
