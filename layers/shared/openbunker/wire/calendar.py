"""Days and times of the Gregorian calendar -> milliseconds since the epoch. Pure.

Without `datetime`, whose import a cold start would pay for.
"""

from openbunker.core.times import DAY_MS

# ECMA-262, "Time Values and Time Range": 100 million days either side of the epoch.
MAX_MS = 8_640_000_000_000_000


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
    found = (days(year, month) + day - 1) * DAY_MS + time_ms
    return found if abs(found) <= MAX_MS else None


def days(year: int, month: int) -> int:
    """Return the days from the epoch to the first of a month, in the Gregorian calendar."""
    # Years that start in March have the leap day at their end.
    year -= month <= 2
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5
    return year * 365 + year // 4 - year // 100 + year // 400 + day_of_year - 719_468


def days_in(year: int, month: int) -> int:
    """Return how many days a month has."""
    return days(year + month // 12, month % 12 + 1) - days(year, month)
