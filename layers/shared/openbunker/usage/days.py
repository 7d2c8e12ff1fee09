"""The days that usage is counted by: UTC, `2026-11-21`, by time of receipt. Pure."""

from datetime import UTC, date, datetime, timedelta

from openbunker.core.times import DAY_MS, HOUR_MS

# Events are delivered, and spilled ones replayed, some time after they were received. With the
# first count of a day, the days before are counted once more: delivery may take a day.
LATE_MS, VERY_LATE_MS = HOUR_MS, 2 * DAY_MS


# How far back a count that was never made begins; `openbunker usage --recount` counts older days.
FIRST_MS = DAY_MS


def day_of(at_ms: int) -> str:
    """Return the day of a time, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def bounds(day: str) -> tuple[int, int]:
    """Return when a day begins, and when the next one does. Raises ValueError for no day."""
    begin = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    from_ms = int(begin.timestamp()) * 1000
    return from_ms, from_ms + DAY_MS


def days_between(first: str, last: str) -> list[str]:
    """Return every day from one to another, both within."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + timedelta(days=n)).isoformat() for n in range((end - begin).days + 1)]


def days_to_count(counted_ms: int | None, now_ms: int) -> list[str]:
    """Return the days that may have changed since the count before, today among them."""
    if counted_ms is None:
        since_ms = now_ms - FIRST_MS
    else:
        turned = day_of(counted_ms) != day_of(now_ms)
        since_ms = min(counted_ms, now_ms) - (VERY_LATE_MS if turned else LATE_MS)
    return days_between(day_of(since_ms), day_of(now_ms))
