"""Times as text -> milliseconds since the epoch, in UTC. Text without a zone is UTC.

Pure, and without `datetime`, whose import a cold start would pay for. What JavaScript reads
beyond ISO 8601 is in `looser_dates`, imported when a text needs it.
Source: ECMA-262, "Date Time String Format".
"""

import re
from functools import lru_cache

# ECMA-262, "Time Values and Time Range": 100 million days either side of the epoch.
MAX_MS = 8_640_000_000_000_000
MAX_TEXT = 128

_DAY_MS = 86_400_000
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
    if not 1 <= month <= 12 or day > _days_in(year, month):
        return None
    return utc_ms((year, month, day), (0, 0, 0, 0), 0)


def utc_ms(
    date: tuple[int, int, int], clock: tuple[int, int, int, int], offset_minutes: int
) -> int | None:
    """Return the milliseconds of a date and a time of day, None when there is no such time.

    A day up to 31 rolls over into the next month and 24:00 into the next day, as in V8.
    """
    year, month, day = date
    hour, minute, second, milliseconds = clock
    in_day = (hour < 24 and minute < 60 and second < 60) or clock == (24, 0, 0, 0)
    if not (in_day and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    time_ms = ((hour * 60 + minute - offset_minutes) * 60 + second) * 1000 + milliseconds
    found = (_days(year, month) + day - 1) * _DAY_MS + time_ms
    return found if abs(found) <= MAX_MS else None


def _days(year: int, month: int) -> int:
    """Return the days from the epoch to the first of a month, in the Gregorian calendar."""
    # Years that start in March have the leap day at their end.
    year -= month <= 2
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5
    return year * 365 + year // 4 - year // 100 + year // 400 + day_of_year - 719_468


def _days_in(year: int, month: int) -> int:
    return _days(year + month // 12, month % 12 + 1) - _days(year, month)


def _zone_minutes(zone: str | None) -> int | None:
    if not zone or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        return None
    return -(hours * 60 + minutes) if zone[0] == "-" else hours * 60 + minutes
