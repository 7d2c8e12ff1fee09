"""What a question means, in plain Python: the independent word in the differential tests.

Reads question bodies as JSON and knows nothing of the package's model, tree or engines.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cmp_to_key
from typing import Any

from openbunker.event import Event

UNIT_MS = {"minutes": 60_000, "hours": 3_600_000, "days": 86_400_000}
COLUMNS = {field.name for field in fields(Event)} - {"properties"}
Row = list[Any]

DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


def answer(
    body: Mapping[str, Any],
    events: Iterable[Event],
    project: str,
    now_ms: int,
    customer: str | None = None,
) -> list[Row]:
    """Return the rows that a question should have."""
    mine = [e for e in events if e.project_id == project]
    mine = [e for e in mine if customer is None or e.customer_identifier == customer]
    rows = [e for e in first_copies(mine) if matches(e, body, now_ms)]
    names = body.get("group_by", [])
    groups: dict[tuple[str, ...], list[Event]] = {} if names else {(): []}
    for one in rows:
        groups.setdefault(tuple(canonical(value(one, name)) for name in names), []).append(one)
    computations = body.get("computations", [{"function": "count"}])
    table = [
        [json.loads(key) for key in keys] + [computed(c, members) for c in computations]
        for keys, members in groups.items()
    ]
    return ordered(table, body, names, computations)[: body.get("limit", 1000)]


def first_copies(events: Iterable[Event]) -> list[Event]:
    """Return one event per dedupe key: the first received, then the smaller id."""
    found: dict[str, Event] = {}
    for one in sorted(events, key=lambda e: (e.received_ms, e.event_id)):
        found.setdefault(one.dedupe_key, one)
    return list(found.values())


def matches(one: Event, body: Mapping[str, Any], now_ms: int) -> bool:
    """Return whether an event is in the period and passes all filters."""
    _, number, unit = body["time_period"].split("_")
    if not now_ms - int(number) * UNIT_MS[unit] <= one.timestamp_ms <= now_ms:
        return False
    return all(equal(value(one, f["field_name"]), f["value"]) for f in body.get("filters", []))


def value(one: Event, name: str) -> Any:
    """Return a column, or what a dot path finds in the properties; None when there is nothing."""
    if name in COLUMNS:
        return getattr(one, name)
    found: Any = one.properties
    for part in name.removeprefix("properties.").split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def equal(left: Any, right: Any) -> bool:
    """Return whether two scalars are equal; a truth value is no number and a text is neither."""
    if is_number(left) and is_number(right):
        return float(left) == float(right)
    return type(left) is type(right) and left == right


def is_number(one: Any) -> bool:
    """Return whether a JSON value is a number."""
    return isinstance(one, int | float) and not isinstance(one, bool)


def is_decimal(one: Any) -> bool:
    """Return whether a JSON value is the text of a plain decimal, which counts in sums."""
    return isinstance(one, str) and bool(DECIMAL.fullmatch(one))


def canonical(one: Any) -> str:
    """Return the JSON text under which values are one group."""
    if isinstance(one, float) and one.is_integer():
        one = int(one)
    return json.dumps(one, ensure_ascii=False, separators=(",", ":"))


def computed(computation: Mapping[str, Any], members: Sequence[Event]) -> Any:
    """Return one computed value of a group."""
    if "field_name" not in computation:
        return len(members)
    values = [value(one, computation["field_name"]) for one in members]
    if computation["function"] == "count":
        return sum(1 for one in values if one is not None)
    numbers = [float(one) for one in values if is_number(one) or is_decimal(one)]
    return sum(numbers) if numbers else None


def ordered(
    table: list[Row],
    body: Mapping[str, Any],
    names: Sequence[str],
    computations: Sequence[Mapping[str, Any]],
) -> list[Row]:
    """Return the rows in the order asked for, then by all groups; nulls come last either way."""
    columns = [*names, *("_".join(c.values()) for c in computations)]
    asked = [(o["field_name"], o.get("direction", "ASC")) for o in body.get("order_by", [])]
    asked += [(name, "ASC") for name in names]

    def compare(left: Row, right: Row) -> int:
        for name, direction in asked:
            place = columns.index(name)
            for a, b in zip(keys(left[place]), keys(right[place]), strict=True):
                if a != b:
                    if a is None or b is None:
                        return 1 if a is None else -1
                    return (1 if a > b else -1) * (1 if direction == "ASC" else -1)
        return 0

    return sorted(table, key=cmp_to_key(compare))


def keys(one: Any) -> tuple[Any, Any, Any]:
    """Return what a value sorts by: numbers by size and before the rest, texts by code point."""
    if one is None:
        return None, None, None
    return float(one) if is_number(one) else None, canonical(one).strip('"'), canonical(one)
