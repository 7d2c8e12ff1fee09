"""The values that a user's SELECT returns, as JSON has them: a form for each, or a refusal. Pure.

Alike for both engines, which return more types than JSON has. What has no form is refused with the
name of its column, and so is a value that JSON would not hold as it is.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.times import iso
from openbunker.query.engine import Table
from openbunker.query.question.zones import since_epoch_ms

_MILLISECOND = timedelta(milliseconds=1)
_BITS = 63


def rows(table: Table, limit: int) -> list[list[Any]]:
    """Return the first rows as JSON values. Raises RequestRefused that names the column."""
    kinds = table.types or [""] * len(table.columns)
    named = list(zip(table.columns, kinds, strict=True))
    return [
        [_value(value, *column) for value, column in zip(row, named, strict=True)]
        for row in table.rows[:limit]
    ]


def duration(length: timedelta) -> str:
    """Return a length of time as ISO 8601 has it: `P1DT2H3M4.5S`, `-PT5S`, `PT0S`."""
    total_ms = length // _MILLISECOND
    seconds, ms = divmod(abs(total_ms), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    exact = f"{seconds}.{ms:03}".rstrip("0").rstrip(".")
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    clock += f"{exact}S" if exact != "0" else ""
    found = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if total_ms < 0 else "") + "P" + (found or "T0S")


def _value(value: Any, column: str, kind: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    form = next((form for type_, form in _FORMS if isinstance(value, type_)), None)
    if form is None:
        raise _refused(column, f"holds {kind or type(value).__name__}; cast it to varchar")
    try:
        return form(value, kind)
    except ValueError as error:
        raise _refused(column, str(error)) from None


def _text(value: str, kind: str) -> str:
    if kind.startswith(("date", "timestamp")):  # what no calendar of Python's has comes as text
        raise ValueError("holds a time outside of the years 1 to 9999")
    return value


def _whole(value: int, _kind: str) -> int:
    if not -(2**_BITS) <= value < 2**_BITS:
        raise ValueError("holds a whole number of more than 64 bits; cast it to double")
    return value


def _double(value: float, _kind: str) -> float | None:
    return value + 0.0 if isfinite(value) else None  # -0.0 is 0.0: engines keep its sign or not


def _decimal(value: Decimal, kind: str) -> int | float:
    return _whole(int(value), kind) if value == value.to_integral_value() else float(value)


def _time(value: datetime, _kind: str) -> str:
    return iso(since_epoch_ms(value if value.tzinfo else value.replace(tzinfo=UTC)))


_FORMS: Sequence[tuple[type, Callable[[Any, str], Any]]] = (
    (int, _whole),
    (float, _double),
    (str, _text),
    (Decimal, _decimal),
    (datetime, _time),
    (date, lambda value, _: value.isoformat()),
    (timedelta, lambda value, _: duration(value)),
)


def _refused(column: str, text: str) -> RequestRefused:
    return RequestRefused(Reason.INVALID_QUERY, f"sql: the column {column} {text}")
