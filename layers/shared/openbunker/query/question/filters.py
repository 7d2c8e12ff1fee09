"""A condition on a field, as a question and a key carry it, validated. Knows no SQL.

The value's rules depend on the operator and on the column's kind; `conditions` says what they mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from openbunker.query.engine import Scalar
from openbunker.query.question.bodies import ABSENT, Choice, Element, Many, Object, Told
from openbunker.query.question.columns import Field, Kind
from openbunker.query.question.elements import FIELD, is_number, scalar

MAX_FILTERS = 50
MAX_VALUES = 100
# Of all filters of a question, or of a key, together: Athena takes 262,144 bytes of SQL, and a
# text may stand in it three times. tests/unit/query/sql/test_size.py asks the largest question.
MAX_ALL_VALUES, MAX_ALL_BYTES = 500, 10_000


class Operator(StrEnum):
    """How a filter compares."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    EXISTS = "exists"
    NOT_EXISTS = "not_exists"


LISTS = (Operator.IN, Operator.NOT_IN)
RANGES = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
VALUELESS = (Operator.EXISTS, Operator.NOT_EXISTS)


def _value(value: object) -> object:
    """Return a scalar, or an array of scalars as a tuple."""
    if isinstance(value, list | tuple):
        if len(value) > MAX_VALUES:
            raise ValueError(f"an array has at most {MAX_VALUES} values")
        return tuple(scalar(one) for one in value)
    return scalar(value)


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a field. `value` is a scalar or, where the operator says so, an array."""

    field_name: Field
    op: Operator
    value: Any

    @property
    def values(self) -> tuple[Scalar, ...]:
        """Every value that the filter holds."""
        if self.op in VALUELESS:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)


def _fits(value: Any, before: Mapping[str, Any]) -> Any:
    """Hold a value to its operator, then to the kind of the column."""
    op, field = before.get("op"), before.get("field_name")
    if op is not None:
        _fits_operator(op, value)
    elif value is ABSENT:
        raise ValueError("is required")
    if field is not None and field.kind is not None and op not in VALUELESS:
        _fits_column(field, op, value)
    return None if value is ABSENT else value


def together(filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """Hold all filters to what one statement may carry."""
    values = [value for one in filters for value in one.values]
    size = sum(len(value.encode()) + value.count("'") for value in values if isinstance(value, str))
    if len(values) > MAX_ALL_VALUES:
        raise ValueError(f"all filters together have at most {MAX_ALL_VALUES} values")
    if size > MAX_ALL_BYTES:
        raise ValueError(f"all texts together have at most {MAX_ALL_BYTES} bytes")
    return filters


def _fits_operator(op: Operator, value: Any) -> None:
    told = _TOLD.get(op)
    if op in VALUELESS:
        if value is not ABSENT:
            raise ValueError(f"{op} takes no value")
    elif value is ABSENT:
        raise ValueError("is required")
    elif op in LISTS:
        if not isinstance(value, tuple) or not value:
            raise ValueError(f"{op} takes an array of 1 to {MAX_VALUES} values")
    elif told and not _TAKES[op](value):
        raise ValueError(f"{op} takes {told}")


def _fits_column(field: Field, op: Operator | None, value: Any) -> None:
    """Refuse what a column of a kind can never hold."""
    if isinstance(value, tuple) and op not in LISTS:
        raise ValueError(f"{field.name} is {field.holds} column; it holds no arrays")
    if op in (Operator.CONTAINS, Operator.STARTS_WITH) and field.kind is not Kind.TEXT:
        raise ValueError(f"{op} takes a text column or a custom field; {field.name} is neither")
    for one in value if isinstance(value, tuple) else (value,):
        fits = isinstance(one, str) if field.kind is Kind.TEXT else is_number(one)
        if not fits and one is not None and one is not ABSENT:
            noun = "a string" if field.kind is Kind.TEXT else "a number"
            raise ValueError(f"{field.name} is {field.holds} column; its value is {noun} or null")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


_TOLD = {
    **dict.fromkeys(RANGES, "a number or a string"),
    Operator.CONTAINS: "a string that is not empty, a number, true or false",
    Operator.STARTS_WITH: "a string that is not empty",
}
_TAKES = {
    **dict.fromkeys(RANGES, lambda value: isinstance(value, str) or is_number(value)),
    Operator.CONTAINS: lambda value: _is_text(value) or isinstance(value, int | float),
    Operator.STARTS_WITH: _is_text,
}
FILTER = Object(
    Filter,
    {
        "field_name": Element(FIELD, required=True),
        "op": Element(Choice(Operator), required=True),
        "value": Element(Told(_value, Scalar | list[Scalar]), fits=_fits),
    },
)
_EACH = Many(FILTER, MAX_FILTERS)
FILTERS = Told(lambda value: together(_EACH.read(value)), _EACH)
