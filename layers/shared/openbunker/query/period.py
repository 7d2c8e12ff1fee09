"""The time a question is about: `minus_<n>_<minutes|hours|days>`, counted back from now.

Pure: now is an argument. Other forms of a period join here, as further patterns of `parse`.
"""

import re
from dataclasses import dataclass

UNITS_MS = {"minutes": 60_000, "hours": 3_600_000, "days": 86_400_000}
MAX_DAYS = 3650
ALLOWED = f"minus_<n>_<{'|'.join(UNITS_MS)}>, at most {MAX_DAYS} days, e.g. minus_5_minutes"

_MINUS = re.compile(r"minus_([1-9][0-9]{0,8})_([a-z]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time that ends now and is `length_ms` long."""

    length_ms: int

    def bounds(self, now_ms: int) -> tuple[int, int]:
        """Return the first and the last millisecond of the period, both within it."""
        return now_ms - self.length_ms, now_ms


def parse(value: object) -> Period:
    """Return the period of a text. Raises ValueError that says what is allowed."""
    found = _MINUS.fullmatch(value) if isinstance(value, str) else None
    unit_ms = UNITS_MS.get(found[2]) if found else None
    if found is None or unit_ms is None:
        raise ValueError(f"a period is {ALLOWED}")
    length_ms = int(found[1]) * unit_ms
    if length_ms > MAX_DAYS * UNITS_MS["days"]:
        raise ValueError(f"a period is {ALLOWED}")
    return Period(length_ms)
