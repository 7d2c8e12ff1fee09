"""The time a question is about: counted back from now, a day, two times, or all time.

Whatever time a dialect accepts lies in one of these, also beyond the years of a calendar. Pure: now
and the time zone are arguments. Both ends that `bounds` returns are within the period.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from openbunker.core.times import DAY_MS, HOUR_MS, MINUTE_MS
from openbunker.query.question import zones
from openbunker.query.question.bodies import Told

UNITS_MS = {
    "minutes": MINUTE_MS,
    "hours": HOUR_MS,
    "days": DAY_MS,
    "weeks": 7 * DAY_MS,
}
MONTHS = "months"
MAX_DAYS = 3650
# So many calendar months are never more than MAX_DAYS.
MAX_MONTHS = 119
EVERYTHING = "all"
# Whole days, further off than any time that a dialect accepts (100 million days), and far from the
# ends of a 64-bit integer.
FIRST_MS, LAST_MS = -(10**10) * UNITS_MS["days"], 10**10 * UNITS_MS["days"] - 1
ALLOWED = (
    f"minus_<n>_<{'|'.join((*UNITS_MS, MONTHS))}>, at most {MAX_DAYS} days or {MAX_MONTHS} months, "
    f'e.g. minus_5_minutes; today; yesterday; {EVERYTHING}; or {{"from": ..., "to": ...}}'
)
MOMENT = (
    "a time: whole milliseconds since 1970, also negative, or text of the years 0001 to 9999 "
    "such as 2026-11-21, 2026-11-21T08:30 or 2026-11-21T08:30:00.000+01:00"
)

_MINUS = re.compile(r"minus_([1-9][0-9]{0,8})_([a-z]+)", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
_DAYS = {"today": 0, "yesterday": 1}
_MAX_MS = MAX_DAYS * UNITS_MS["days"]


@dataclass(frozen=True, slots=True)
class Last:
    """A stretch of time that ends now: a length, or a number of calendar months."""

    length_ms: int = 0
    months: int = 0

    def bounds(self, now_ms: int, zone: ZoneInfo = zones.DEFAULT) -> tuple[int, int]:
        """Return the first and the last millisecond."""
        if not self.months:
            return now_ms - self.length_ms, now_ms
        now = zones.wall(now_ms, zone).replace(tzinfo=None)
        year, month = divmod(now.year * 12 + now.month - 1 - self.months, 12)
        day = min(now.day, calendar.monthrange(year, month + 1)[1])
        return zones.instant_ms(now.replace(year=year, month=month + 1, day=day), zone), now_ms


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the zone's calendar: today until now, or a whole one so many days ago."""

    ago: int

    def bounds(self, now_ms: int, zone: ZoneInfo = zones.DEFAULT) -> tuple[int, int]:
        """Return the first and the last millisecond."""
        now = zones.wall(now_ms, zone)
        midnight = datetime(now.year, now.month, now.day) - timedelta(days=self.ago)
        end = midnight + timedelta(days=1)
        last = zones.instant_ms(end, zone) - 1 if self.ago else now_ms
        return zones.instant_ms(midnight, zone), last


@dataclass(frozen=True, slots=True)
class Between:
    """From one time until before another. A time without an offset is the zone's wall clock."""

    start: int | datetime
    end: int | datetime

    def bounds(self, _now_ms: int, zone: ZoneInfo = zones.DEFAULT) -> tuple[int, int]:
        """Return the first and the last millisecond. Raises ValueError where there is none."""
        start, end = (
            at if isinstance(at, int) else zones.instant_ms(at, zone)
            for at in (self.start, self.end)
        )
        if start >= end:
            raise ValueError("from is before to")
        return start, end - 1


@dataclass(frozen=True, slots=True)
class All:
    """All time."""

    def bounds(self, _now_ms: int, _zone: ZoneInfo = zones.DEFAULT) -> tuple[int, int]:
        """Return a first and a last millisecond that no event is beyond."""
        return FIRST_MS, LAST_MS


Period = Last | Day | Between | All


def parse(value: object) -> Period:
    """Return the period of a JSON value, in UTC. Raises ValueError that says what is allowed."""
    found = read(value)
    found.bounds(0)
    return found


def read(value: object) -> Period:
    """Return the period of a JSON value; its `bounds` may still refuse two times in a zone."""
    if isinstance(value, dict):
        return _between(value)
    if value == EVERYTHING:
        return All()
    if isinstance(value, str) and value in _DAYS:
        return Day(_DAYS[value])
    found = _MINUS.fullmatch(value) if isinstance(value, str) else None
    number = int(found[1]) if found else 0
    if found and found[2] == MONTHS and number <= MAX_MONTHS:
        return Last(months=number)
    length_ms = number * UNITS_MS.get(found[2], 0) if found else 0
    if not 0 < length_ms <= _MAX_MS:
        raise ValueError(f"a period is {ALLOWED}")
    return Last(length_ms)


def _between(value: dict[object, object]) -> Between:
    if set(value) != {"from", "to"}:
        raise ValueError(f"a period is {ALLOWED}")
    return Between(_moment("from", value["from"]), _moment("to", value["to"]))


def _moment(name: str, value: object) -> int | datetime:
    """Return milliseconds where a time names its offset, else the wall clock's time."""
    try:
        found = _read(value)
    except ValueError:
        raise ValueError(f"{name} is {MOMENT}") from None
    if isinstance(found, int) and not FIRST_MS <= found <= LAST_MS:
        raise ValueError(f"{name} is {MOMENT}")
    return found


def _read(value: object) -> int | datetime:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError
    at = datetime.fromisoformat(value)
    return at if at.tzinfo is None else zones.since_epoch_ms(at)


_JSON = str | dict[str, str | int]
KIND = Told(parse, _JSON)
IN_A_ZONE = Told(read, _JSON)
