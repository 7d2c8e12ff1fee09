"""Times in a user's SELECT: how they are written, and what adding and subtracting gives. Pure."""

import re
from datetime import date

from sqlglot import exp

from openbunker.query.user_sql.kinds import Kind

# What both engines read alike; the timestamp of Athena has milliseconds.
DATE_TEXT = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK_TEXT = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,3})?"
_DATE = re.compile(DATE_TEXT)
_TIME = re.compile(f"({DATE_TEXT})( {CLOCK_TEXT})?")
_DAYS = frozenset({"DAY", "MONTH", "YEAR"})
_LENGTHS = frozenset({Kind.LENGTH, Kind.MONTHS})
_POINTS = frozenset({Kind.DATE, Kind.TIME})


def time_problem(text: str, kind: Kind) -> str:
    """Return what is wrong with the text of a time; empty when nothing is."""
    pattern = _DATE if kind is Kind.DATE else _TIME
    try:
        if pattern.fullmatch(text) and date.fromisoformat(text[:10]):
            return ""
    except ValueError:
        return f"{text[:10]} is no day of the calendar"
    example = "DATE '2026-11-20'" if kind is Kind.DATE else "TIMESTAMP '2026-11-20 10:00:00.000'"
    return f"a time is written {example}, in UTC, without T and zone"


def times(node: exp.Expr, left: Kind, right: Kind) -> tuple[Kind | None, str]:
    """Return what the sum or difference of two kinds is, or None and why there is none."""
    both, is_difference = {left, right}, isinstance(node, exp.Sub)
    if both == {Kind.LENGTH}:
        return Kind.LENGTH, ""
    if both <= _POINTS and is_difference:
        return Kind.LENGTH, ""
    if left in _POINTS and right in _LENGTHS:
        return _moved(left, node.expression)
    if left in _LENGTHS and right in _POINTS and not is_difference:
        return _moved(right, node.this)
    if Kind.MONTHS in both:
        return None, "months and years are added to a time: event_time + INTERVAL '1' MONTH"
    sign, numbers = "-" if is_difference else "+", {Kind.INTEGER, Kind.BIGINT, Kind.DOUBLE}
    advice = "cast both to numbers: try_cast(x AS double)"
    if both & _POINTS and both & numbers:
        advice = "add an interval: event_time + INTERVAL '5' MINUTE"
    return None, f"{left} {sign} {right} is not available: {advice}"


def _moved(point: Kind, length: exp.Expr) -> tuple[Kind | None, str]:
    if point is Kind.TIME:
        return point, ""
    if isinstance(length, exp.Interval) and length.args["unit"].name.upper() in _DAYS:
        return point, ""
    return None, "a date is moved by INTERVAL '1' DAY, MONTH or YEAR alone: cast it to timestamp"
