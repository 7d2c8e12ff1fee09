"""Time zones: their names, and the instants of their wall clocks. Pure; knows no question.

Times are whole milliseconds since the epoch. A day may have 23 or 25 hours and an hour may come
twice; `zoneinfo` says when.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ALLOWED = "an IANA time zone such as Europe/Berlin, or UTC"

_NAME = re.compile(r"[A-Z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,32}){0,2}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Of times that are further off than a calendar, the clocks show what they do at its ends.
_FIRST_MS, _LAST_MS = -62_135_510_400_000, 253_402_214_400_000
_MILLISECOND = timedelta(milliseconds=1)
DEFAULT = ZoneInfo("UTC")


def named(name: object) -> ZoneInfo:
    """Return the zone of a name. Raises ValueError that says what a name may be."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"is {ALLOWED}")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"is {ALLOWED}") from None


def wall(at_ms: int, zone: ZoneInfo) -> datetime:
    """Return what the clock on the wall shows, with its offset."""
    return (_EPOCH + at_ms * _MILLISECOND).astimezone(zone)


def label(at_ms: int, zone: ZoneInfo) -> str:
    """Return a time as ISO 8601 text with its offset, to the second."""
    return wall(at_ms, zone).isoformat(timespec="seconds")


def instant_ms(clock: datetime, zone: ZoneInfo) -> int:
    """Return when the wall shows a time, which itself names no zone.

    The first time, when it is shown twice; when clocks skip it, the moment they do.
    """
    first, second = (since_epoch_ms(clock.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    return change_ms(zone, second, first) if second < first else first


def offset_ms(at_ms: int, zone: ZoneInfo) -> int:
    """Return by how much the wall is ahead of UTC."""
    at_ms = min(max(at_ms, _FIRST_MS), _LAST_MS)
    return (wall(at_ms, zone).utcoffset() or timedelta()) // _MILLISECOND


def change_ms(zone: ZoneInfo, low: int, high: int) -> int:
    """Return the first millisecond after `low` whose offset is not that of `low`.

    `high` has another offset, and clocks change once in between.
    """
    before = offset_ms(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_ms(middle, zone) == before else (low, middle)
    return high


def since_epoch_ms(at: datetime) -> int:
    """Return a time that has an offset in milliseconds."""
    return (at - _EPOCH) // _MILLISECOND
