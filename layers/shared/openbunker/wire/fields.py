"""Checks of one JSON object against a table of fields, with findings as a schema validator words
them. Pure; knows no vendor and no HTTP.

The wording is that of zod 4, because one vendor's clients show it to people; the others profit.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openbunker.core.errors import Problem, Refusal
from openbunker.core.reasons import Reason
from openbunker.wire.calendar import MAX_MS

# So many findings stand in a text for people.
MAX_TOLD = 10
# From here on JavaScript writes an exponent (ECMA-262, Number::toString).
_EXPONENT = 1e21
_NO_BOUND = 1 << 62
_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,20})?")


@dataclass(frozen=True, slots=True)
class Field:
    """What one field must be.

    `kind` is string, number, time (whole milliseconds since the epoch) or object, for which an
    empty list will do: in PHP they are one. `least` and `most` count UTF-16 units, as JavaScript
    counts the length of a string.
    """

    name: str
    kind: str
    required: bool = False
    nullable: bool = False
    least: int = 0
    most: int | None = None
    # What passes without a closer look, set by the rules above: values of a type whose length is
    # within these bounds, whole numbers, and none at all. This is the hot path.
    plain: type | None = field(init=False, default=None)
    safe: int = field(init=False, default=_NO_BOUND)
    numeric: bool = field(init=False, default=False)
    may_be_none: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", {"string": str, "object": dict}.get(self.kind))
        if self.most is not None:  # a character is one or two units
            object.__setattr__(self, "safe", self.most // 2)
        object.__setattr__(self, "numeric", self.plain is None)
        object.__setattr__(self, "may_be_none", self.nullable and not self.required)


def problems(value: Any, table: Sequence[Field]) -> tuple[Problem, ...]:
    """Return every finding of a value that should be an object with these fields."""
    if not isinstance(value, dict):
        return (invalid_type("object", value),)
    found = []
    for rule in table:
        given: Any = value.get(rule.name)
        kind = type(given)
        if kind is rule.plain:
            if rule.least <= len(given) <= rule.safe:
                continue
        elif given is None:
            if rule.may_be_none or not (rule.required or rule.name in value):
                continue
        elif kind is int and rule.numeric and -MAX_MS <= given <= MAX_MS:
            continue
        if problem := _problem(value, rule):
            found.append(problem)
    return tuple(found)


def all_problems(
    value: Any, table: Sequence[Field], own: Callable[[Mapping[str, Any]], Sequence[Problem]]
) -> Sequence[Problem]:
    """Return every finding of a value: those of the table, then its dialect's own ones.

    `own` sees no member that the table finds wrong; what it says of such a one is not told.
    """
    found = problems(value, table)
    if not isinstance(value, dict):
        return found
    if not found:
        return own(value)
    wrong = {one.path[0] for one in found}
    others = own({name: inner for name, inner in value.items() if name not in wrong})
    return (*found, *(one for one in others if one.path[0] not in wrong))


def invalid_type(expected: str, value: Any, path: tuple[str | int, ...] = ()) -> Problem:
    """Return the finding of a value of another type than expected."""
    text = f"Invalid input: expected {expected}, received {kind_of(value)}"
    return Problem("invalid_type", path, text)


def under(prefix: tuple[str | int, ...], found: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the findings with their paths continued upwards: from the request's root."""
    return tuple(Problem(one.code, (*prefix, *one.path), one.message) for one in found)


def refusal(found: Sequence[Problem]) -> Refusal:
    """Return the refusal of an item with findings: all in its text, the first as its field."""
    field = ".".join(map(str, found[0].path)) or None
    return Refusal(Reason.INVALID_SCHEMA, told([_told(one) for one in found]), field, tuple(found))


def told(texts: Sequence[str]) -> str:
    """Return texts as one; of very many the first ones, and how many more there are."""
    more = f"; and {len(texts) - MAX_TOLD} more" if len(texts) > MAX_TOLD else ""
    return "; ".join(texts[:MAX_TOLD]) + more


def _told(one: Problem) -> str:
    field = ".".join(map(str, one.path))
    return f"{field}: {one.message}" if field else one.message


_KINDS = {str: "string", dict: "object", list: "array", type(None): "null"}


def kind_of(value: Any) -> str:
    """Return JavaScript's word for the type of a JSON value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return _KINDS.get(type(value), "undefined")


def is_number(value: Any) -> bool:
    """Return whether a value is a number that a 64-bit float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def utf16_length(text: str) -> int:
    """Return the length of a string as JavaScript counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def number_text(value: float) -> str:
    """Return a number as JavaScript writes it where it is whole: 123.0 is `123`."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXPONENT
    return str(int(value)) if whole else str(value)


def beside(own: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sender's own fields and ours; a namesake of the sender's gets a trailing `_`."""
    found = {**own, **ours}
    for name in own.keys() & ours.keys():
        free = name + "_"
        while free in found:
            free += "_"
        found[free] = own[name]
    return found


def decimal_text(value: Any) -> str | None:
    """Return an amount, given as a number or as text, as a plain decimal; None if it is none."""
    if isinstance(value, str):
        text = value.strip()
    elif is_number(value):
        # Very large and very small floats are written with an exponent: not plain.
        text = f"{value:.20f}".rstrip("0").rstrip(".") if "e" in repr(value) else repr(value)
    else:
        return None
    return text if _DECIMAL.fullmatch(text) else None


class _Absent:
    """The type of a field that is not there."""


_ABSENT = _Absent()


def _problem(item: Mapping[str, Any], field: Field) -> Problem | None:
    value = item.get(field.name, _ABSENT)
    if (value is _ABSENT and not field.required) or (value is None and field.nullable):
        return None
    kind = field.kind
    if kind == "string":
        if not isinstance(value, str):
            return _wrong(value, field)
        return None if field.most is None and not field.least else _text_problem(value, field)
    if kind == "object":
        return None if isinstance(value, dict) or value == [] else _wrong(value, field)
    return _number_problem(value, field)


def _number_problem(value: Any, field: Field) -> Problem | None:
    path = (field.name,)
    if kind_of(value) != "number":
        return invalid_type("number", value, path)
    if not is_number(value):
        return Problem("too_big", path, "Too big: expected a number that a 64-bit float holds")
    return _time_problem(value, path) if field.kind == "time" else None


def _wrong(value: Any, field: Field) -> Problem:
    return invalid_type(field.kind, value, (field.name,))


def _text_problem(value: str, field: Field) -> Problem | None:
    # A character is one or two units, so most texts need no closer look.
    if field.least <= len(value) and (field.most is None or 2 * len(value) <= field.most):
        return None
    length = utf16_length(value)
    if length < field.least:
        text = f"Too small: expected string to have >={field.least} characters"
        return Problem("too_small", (field.name,), text)
    if field.most is not None and length > field.most:
        text = f"Too big: expected string to have <={field.most} characters"
        return Problem("too_big", (field.name,), text)
    return None


def _time_problem(value: float, path: tuple[str | int, ...]) -> Problem | None:
    if value != int(value):
        return Problem("invalid_type", path, "Invalid input: expected int, received number")
    if abs(value) > MAX_MS:
        return Problem("too_big", path, f"Too big: expected number to be <={MAX_MS}")
    return None
