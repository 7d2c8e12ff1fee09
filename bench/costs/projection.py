"""Which partitions Athena projects for the conditions of a SELECT: its rule, not its code.

Of each column by itself it takes what the conditions allow, and makes up every combination of them
(`PartitionProjection.getProjectedPartitionNamesByFilter` and `DomainTranslator` in Trino's source,
"Partition projection" in Athena's user guide). Each one is then listed in the bucket, whether or
not anything lies there. How a column is projected is read from `template.yaml`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product
from typing import Any

from sqlglot import exp

from bench.costs import template

Allowed = Mapping[str, frozenset[str]]
_COMPARES: Mapping[type[exp.Expr], Callable[[str, str], bool]] = {
    exp.EQ: str.__eq__,
    exp.GT: str.__gt__,
    exp.GTE: str.__ge__,
    exp.LT: str.__lt__,
    exp.LTE: str.__le__,
}


def projected(rows: exp.Select, now_ms: int) -> list[tuple[str, str]]:
    """Return the partitions (`dt`, `hm`) of a SELECT from one table of the template."""
    table = rows.args["from_"].this.name
    values = {name: values_of(table, name, now_ms) for name in ("dt", "hm")}
    where = rows.args.get("where")
    allowed = _allowed(where.this, values) if where else {}
    days, minutes = (sorted(allowed.get(name, values[name])) for name in ("dt", "hm"))
    return list(product(days, minutes))


def values_of(table: str, column: str, now_ms: int) -> frozenset[str]:
    """Return all values that a table of the template projects for a column."""
    told = _parameters(table)
    first, last = str(told[f"projection.{column}.range"]).split(",")
    if told[f"projection.{column}.type"] == "integer":
        step, digits = int(told.get(f"projection.{column}.interval", 1)), 4
        return frozenset(f"{n:0{digits}}" for n in range(int(first), int(last) + 1, step))
    begin, end = _day(first, now_ms), _day(last, now_ms)
    return frozenset(str(begin + timedelta(days=n)) for n in range((end - begin).days + 1))


def _day(text: str, now_ms: int) -> date:
    if not text.startswith("NOW"):
        return date.fromisoformat(text)
    days = int(text.removeprefix("NOW").removesuffix("DAYS") or 0)
    return datetime.fromtimestamp(now_ms / 1000, UTC).date() + timedelta(days=days)


def _allowed(condition: exp.Expr, values: Allowed) -> dict[str, frozenset[str]]:
    """Return what a condition allows of each column; nothing of one that it does not bound."""
    if isinstance(condition, exp.Paren):
        return _allowed(condition.this, values)
    if isinstance(condition, exp.And | exp.Or):
        left = _allowed(condition.this, values)
        right = _allowed(condition.expression, values)
        if isinstance(condition, exp.Or):
            return {name: left[name] | right[name] for name in left.keys() & right.keys()}
        both = {name: left[name] & right[name] for name in left.keys() & right.keys()}
        return {**left, **right, **both}
    if isinstance(condition, exp.Between):
        low, high = condition.args["low"].name, condition.args["high"].name
        return _taken(condition.this, values, lambda value: low <= value <= high)
    if compare := _COMPARES.get(type(condition)):
        other = condition.expression.name
        return _taken(condition.this, values, lambda value: compare(value, other))
    return {}


def _taken(
    column: exp.Expr, values: Allowed, holds: Callable[[str], bool]
) -> dict[str, frozenset[str]]:
    if column.name not in values:
        return {}
    return {column.name: frozenset(value for value in values[column.name] if holds(value))}


@cache
def _parameters(table: str) -> Mapping[str, Any]:
    for resource in template.resources().values():
        if resource["Type"] == "AWS::Glue::Table":
            given = resource["Properties"]["TableInput"]
            if given["Name"] == table:
                found: Mapping[str, Any] = given["Parameters"]
                return found
    raise KeyError(table)
