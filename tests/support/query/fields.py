"""What a field of an event is, is worth, and which filters it passes, in plain Python."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from openbunker.core.event import Event

COLUMNS = {field.name for field in fields(Event)} - {"properties"}
DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


def value(one: Event, name: str) -> Any:
    """Return a column, or what a dot path finds in the properties; None when there is nothing."""
    if name in COLUMNS:
        return getattr(one, name)
    found: Any = one.properties
    for part in name.removeprefix("properties.").split("."):
        if isinstance(found, list) and part.isdecimal():
            found = dict(enumerate(found)).get(int(part))
            continue
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def passes(one: Event, condition: Mapping[str, Any]) -> bool:
    """Return whether an event passes a filter."""
    found, op = value(one, condition["field_name"]), str(condition["op"])
    wanted: Any = condition.get("value")
    if op == "equals":
        return equal(found, wanted)
    if op == "in":
        return any(equal(found, each) for each in wanted)
    if op == "exists":
        return found is not None
    if op in OPPOSITES:
        return not passes(one, {**condition, "op": OPPOSITES[op]})
    if op == "starts_with":
        return isinstance(found, str) and found.startswith(wanted)
    if op == "contains":
        return contains(found, wanted)
    return in_range(op, found, wanted)


OPPOSITES = {"not_equals": "equals", "not_in": "in", "not_exists": "exists"}


def contains(found: Any, wanted: Any) -> bool:
    """Return whether a text holds a text, or an array an element."""
    if isinstance(found, list):
        return any(equal(each, wanted) for each in found)
    return isinstance(found, str) and isinstance(wanted, str) and wanted in found


def in_range(op: str, found: Any, wanted: Any) -> bool:
    """Return whether a value is on one side of another of its own kind."""
    if isinstance(wanted, str):
        if not isinstance(found, str):
            return False
        left, right = found.encode(), wanted.encode()
        return {"gt": left > right, "gte": left >= right, "lt": left < right}.get(op, left <= right)
    number = worth(found)
    if number is None:
        return False
    limit = float(wanted)
    by_op = {"gt": number > limit, "gte": number >= limit, "lt": number < limit}
    return by_op.get(op, number <= limit)


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal; a truth value is no number and a text is neither."""
    if is_number(left) and is_number(right):
        return float(left) == float(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return type(left) is type(right) and left == right


def is_number(one: Any) -> bool:
    """Return whether a JSON value is a number."""
    return isinstance(one, int | float) and not isinstance(one, bool)


def worth(one: Any) -> float | None:
    """Return what a value counts as in a computation: a number, or a plain decimal as text."""
    if is_number(one) or (isinstance(one, str) and DECIMAL.fullmatch(one)):
        return float(one)
    return None


def canonical(one: Any) -> str:
    """Return the JSON text under which values are one group."""
    if isinstance(one, float) and one.is_integer():
        one = int(one)
    return json.dumps(one, ensure_ascii=False, separators=(",", ":"))
