"""Periods and date buckets in plain Python: what the clock on the wall says, step by step.

Finds where a bucket begins by walking back a quarter of an hour at a time, since no zone's clock
changes in between. Knows nothing of the package's own way.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

UNIT_MS = {"minutes": 60_000, "hours": 3_600_000, "days": 86_400_000, "weeks": 604_800_000}
MINUTE_MS, STEP_MS = 60_000, 900_000


def wall(at_ms: int, zone: str) -> datetime:
    """Return the time on the wall."""
    return datetime.fromtimestamp(at_ms // 1000, ZoneInfo(zone))


def bounds(period: Any, zone: str, now_ms: int) -> tuple[int, int]:
    """Return the first and the last millisecond of the periods that the strategies draw."""
    now = wall(now_ms, zone)
    midnight = now.replace(hour=0, minute=0, second=0)
    if isinstance(period, dict):
        return moment(period["from"], zone), moment(period["to"], zone) - 1
    if period == "today":
        return ms(midnight), now_ms
    if period == "yesterday":
        return ms(midnight - timedelta(days=1)), ms(midnight) - 1
    _, number, unit = period.split("_")
    if unit != "months":
        return now_ms - int(number) * UNIT_MS[unit], now_ms
    month = now.month - int(number)
    return ms(now.replace(year=now.year + (month - 1) // 12, month=(month - 1) % 12 + 1)), now_ms


def moment(at: Any, zone: str) -> int:
    """Return a time that is told in milliseconds or as text."""
    if isinstance(at, int):
        return at
    told = datetime.fromisoformat(at)
    return ms(told if told.tzinfo else told.replace(tzinfo=ZoneInfo(zone)))


def ms(at: datetime) -> int:
    """Return milliseconds since the epoch."""
    return round(at.astimezone(UTC).timestamp() * 1000)


@cache
def buckets(interval: str, zone: str, first_ms: int, last_ms: int) -> "Buckets":
    """Return the buckets of a period."""
    return Buckets(interval, zone, first_ms, last_ms)


class Buckets:
    """The buckets of a period, in order. Two moments share one when the wall says the same."""

    def __init__(self, interval: str, zone: str, first_ms: int, last_ms: int) -> None:
        self._interval, self._zone = interval, zone
        step = MINUTE_MS if interval == "minute" else STEP_MS
        begin = first_ms - first_ms % step
        while self._sign(begin - step) == self._sign(first_ms):
            begin -= step
        self._starts: dict[Any, int] = {}
        for at in range(begin, last_ms + 1, step):
            self._starts.setdefault(self._sign(at), at)
        self._numbers = {sign: number for number, sign in enumerate(self._starts)}

    def __len__(self) -> int:
        return len(self._starts)

    def number(self, at_ms: int) -> int:
        """Return which bucket holds a time."""
        return self._numbers[self._sign(at_ms)]

    def label(self, number: int) -> str:
        """Return when a bucket begins, as the wall there says."""
        return wall(list(self._starts.values())[number], self._zone).isoformat()

    def _sign(self, at_ms: int) -> Any:
        at = wall(at_ms, self._zone)
        match self._interval:
            case "minute":
                return at.replace(second=0, tzinfo=None), at.utcoffset()
            case "hour":
                return at.replace(minute=0, second=0, tzinfo=None), at.utcoffset()
            case "day":
                return at.date()
            case "week":
                return at.isocalendar()[:2]
        return at.year, at.month
