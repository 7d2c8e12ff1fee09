"""What is told of events that were stored although their time can hardly be meant. Pure.

Imported for such events alone: the pipeline only looks whether there are any.
"""

from collections.abc import Sequence

from openbunker.core.verdict import Accepted, Verdict
from openbunker.web.http import NOTICE_HEADER

YEAR_2000_MS, DAY_MS = 946_684_800_000, 86_400_000
# How many milliseconds the units have that senders take for them.
_UNITS = {"seconds": 1000.0, "microseconds": 1 / 1000, "nanoseconds": 1 / 1_000_000}


def headers(verdicts: Sequence[Verdict], odd: Sequence[int]) -> dict[str, str]:
    """Return the header that tells of the first item whose time is odd, and how many more are."""
    first = verdicts[odd[0]].accepted
    assert first is not None
    text = told(first)
    if len(verdicts) > 1:
        text = f"item {odd[0]}: {text}"
    more = f"; {len(odd) - 1} more" if len(odd) > 1 else ""
    return {NOTICE_HEADER: text + more}


def told(event: Accepted) -> str:
    """Return what is odd about an event's time, with the unit that it is likely of."""
    at = event.happened_ms
    for unit, ms in _UNITS.items():
        if YEAR_2000_MS <= at * ms <= event.received_ms + DAY_MS:
            return f"{at}: {unit}? milliseconds are expected"
    if at < YEAR_2000_MS:
        return f"{at}: this is before the year 2000"
    return f"{at}: this is {(at - event.received_ms) // DAY_MS} days after it was received"
