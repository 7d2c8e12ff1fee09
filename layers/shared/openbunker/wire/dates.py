"""Times as text -> milliseconds since the epoch, in UTC. Text without a zone is UTC.

Pure, and without `datetime`, whose import a cold start would pay for. What JavaScript reads
beyond ISO 8601 is in `looser_dates`, imported when a text needs it.
Source: ECMA-262, "Date Time String Format".
"""

import re
from functools import lru_cache

from openbunker.core.times import DAY_MS
from openbunker.wire.calendar import days_in, utc_ms

MAX_TEXT = 128
# Clocks that are a century apart say nothing about an age, and neither does an event that was sent
# a day before it happened: one of the two clocks was not set.
_MAX_AGE_MS, _MIN_AGE_MS = 100 * 366 * DAY_MS, -DAY_MS

_ISO = re.compile(
    r"([+-]\d{6}|\d{4})(?:-(\d\d)(?:-(\d\d))?)?"
    r"(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_PLAIN = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)


def parse(text: str) -> int | None:
    """Return the time that JavaScript's `Date` reads in a text, None where it reads none."""
    if len(text) > MAX_TEXT:
        return None
    found = parse_iso(text)
    if found is not None:
        return found
    from openbunker.wire import looser_dates  # noqa: PLC0415  # seldom needed, and a cold start

    return looser_dates.parse(text)


def is_age(milliseconds: float) -> bool:
    """Return whether an event can have been sent so long after it happened."""
    return _MIN_AGE_MS <= milliseconds <= _MAX_AGE_MS


def parse_iso(text: str) -> int | None:
    """Return the time of a text in the ISO 8601 form that ECMA-262 names, else None."""
    found = _ISO.fullmatch(text) if len(text) <= MAX_TEXT else None
    if not found or text.startswith("-000000"):
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    offset = _zone_minutes(zone)
    if offset is None:
        return None
    milliseconds = int(((fraction or "") + "000")[:3])
    date = (int(year), int(month or 1), int(day or 1))
    clock = (int(hour or 0), int(minute or 0), int(second or 0), milliseconds)
    return utc_ms(date, clock, offset)


def parse_plain(text: str) -> int | None:
    """Return the UTC time of a text in the form `2024-06-21 12:36:37`, and in no other."""
    found = _PLAIN.fullmatch(text)
    if not found:
        return None
    date, hour, minute, second = found.groups()
    midnight_ms = _midnight_ms(date)
    if midnight_ms is None or hour > "23" or minute > "59" or second > "59":
        return None
    return midnight_ms + ((int(hour) * 60 + int(minute)) * 60 + int(second)) * 1000


@lru_cache(maxsize=64)
def _midnight_ms(date: str) -> int | None:
    """Return the start of a day of the calendar, given in ten characters; a batch repeats few."""
    year, month, day = int(date[:4]), int(date[5:7]), int(date[8:])
    if not 1 <= month <= 12 or day > days_in(year, month):
        return None
    return utc_ms((year, month, day), (0, 0, 0, 0), 0)


def _zone_minutes(zone: str | None) -> int | None:
    if not zone or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        return None
    return -(hours * 60 + minutes) if zone[0] == "-" else hours * 60 + minutes
