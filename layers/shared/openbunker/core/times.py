"""Lengths of time in milliseconds, and the one text of a time that answers hold. Pure.

Without `datetime`, whose import a cold start would pay for.
"""

from time import gmtime

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def iso(at_ms: int) -> str:
    """Return a time since the epoch as ISO 8601 in UTC: `2026-11-27T10:37:28.123Z`."""
    at = gmtime(at_ms // 1000)
    day = f"{at.tm_year:04}-{at.tm_mon:02}-{at.tm_mday:02}"
    return f"{day}T{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}.{at_ms % 1000:03}Z"
