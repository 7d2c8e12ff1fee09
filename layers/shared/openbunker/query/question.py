"""The body of `POST /v1/query/json`, validated. Knows no SQL and no engine.

Every mistake is a RequestRefused with INVALID_QUERY whose message names the element by its path
(`computations[0].function`) and says what is allowed there. Nothing is ignored: an element that
is not listed here is a mistake too.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainValidator,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic import Field as Element

from openbunker.errors import RequestRefused
from openbunker.query import columns, period
from openbunker.query.columns import DATE_COLUMNS, Field, Kind
from openbunker.query.engine import Scalar
from openbunker.query.period import Period
from openbunker.reasons import Reason

DEFAULT_LIMIT, MAX_LIMIT = 1000, 10_000
MAX_GROUPS, MAX_COMPUTATIONS, MAX_FILTERS, MAX_ORDERS = 10, 20, 50, 10
# Athena takes at most 1,024 characters a parameter, quotes included (API, ExecutionParameters).
MAX_TEXT = 1000
# What a refusal repeats of the request, so that its answer stays short.
MAX_ECHO, MAX_PROBLEMS = 60, 20


class Function(StrEnum):
    """What can be computed."""

    COUNT = "count"
    SUM = "sum"


class Operator(StrEnum):
    """How a filter compares."""

    EQUALS = "equals"


class Direction(StrEnum):
    """Which end of an order comes first."""

    ASC = "ASC"
    DESC = "DESC"


def _field(value: object) -> Field:
    if not isinstance(value, str):
        raise ValueError("a field name is a string")
    return columns.field_named(value)


def _value(value: object) -> Scalar:
    """Return a scalar that both engines can bind; numbers are finite."""
    if isinstance(value, str):
        if len(value) + value.count("'") > MAX_TEXT or "\0" in value or _lone_surrogate(value):
            text = f"a text has at most {MAX_TEXT} characters (a single quote counts twice)"
            raise ValueError(f"{text}, no NUL and no lone surrogate")
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(_as_float(value)):
        return value
    raise ValueError("a value is a string, a finite number, true, false or null")


def _lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


FieldName = Annotated[Field, PlainValidator(_field, json_schema_input_type=str)]


class Part(BaseModel):
    """An object of a body; an element that it does not have is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Computation(Part):
    """One computed column: `count` of all rows, or `count` and `sum` of a field's values."""

    function: Function
    field_name: FieldName | None = Element(default=None, validate_default=True)

    @property
    def column(self) -> str:
        """The name of the computed column in the answer and in `order_by`."""
        return f"{self.function}_{self.field_name.name}" if self.field_name else self.function

    @field_validator("field_name")
    @classmethod
    def _summable(cls, field: Field | None, info: ValidationInfo) -> Field | None:
        if info.data.get("function") is not Function.SUM:
            return field
        if field is None:
            raise ValueError("sum needs a field_name")
        if field.kind is Kind.TEXT or field.column in DATE_COLUMNS:
            raise ValueError("sum takes a number: metric_value or a custom field")
        return field


class Filter(Part):
    """One condition on a field; all filters of a question hold together."""

    field_name: FieldName
    op: Operator
    value: Annotated[Any, PlainValidator(_value, json_schema_input_type=Scalar)]

    @field_validator("value")
    @classmethod
    def _of_the_columns_kind(cls, value: Scalar, info: ValidationInfo) -> Scalar:
        field: Field | None = info.data.get("field_name")
        if field is None or field.kind is None or value is None:
            return value
        wanted = str if field.kind is Kind.TEXT else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            noun = "a string" if field.kind is Kind.TEXT else "a number"
            raise ValueError(f"{field.name} is a {field.kind} column; its value is {noun} or null")
        return value


class Order(Part):
    """One column of the answer to sort by."""

    field_name: Annotated[str, StringConstraints(strict=True)]
    direction: Direction = Direction.ASC


class Question(Part):
    """A question: what to compute, over which rows, grouped and ordered how."""

    time_period: Annotated[
        Period, PlainValidator(period.parse, json_schema_input_type=str | dict[str, str])
    ]
    group_by: tuple[FieldName, ...] = Element(default=(), max_length=MAX_GROUPS)
    computations: tuple[Computation, ...] = Element(
        default=(Computation(function=Function.COUNT),), max_length=MAX_COMPUTATIONS
    )
    filters: tuple[Filter, ...] = Element(default=(), max_length=MAX_FILTERS)
    order_by: tuple[Order, ...] = Element(default=(), max_length=MAX_ORDERS)
    limit: int = Element(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, strict=True)

    @property
    def columns(self) -> list[str]:
        """The names of the answer's columns: the groups, then what is computed."""
        return [field.name for field in self.group_by] + [c.column for c in self.computations]

    @field_validator("group_by")
    @classmethod
    def _no_dates(cls, fields: Sequence[Field]) -> Sequence[Field]:
        for field in fields:
            if field.column in DATE_COLUMNS:
                raise ValueError(f"{field.name} is a date field; group_by takes other fields")
        return fields

    @model_validator(mode="after")
    def _columns_agree(self) -> Self:
        names = self.columns
        if not self.computations:
            raise ValueError("computations: at least one is needed, or leave the element out")
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"group_by, computations: the column {name} is named twice")
        for index, order in enumerate(self.order_by):
            if order.field_name not in names:
                allowed = ", ".join(names)
                raise ValueError(f"order_by[{index}].field_name: allowed: {allowed}")
        return self


_ELEMENTS: dict[str, type[Part]] = {
    "computations": Computation,
    "filters": Filter,
    "order_by": Order,
}


def parse(body: object) -> Question:
    """Return the question of a JSON value. Raises RequestRefused naming every wrong element."""
    if not isinstance(body, dict):
        raise RequestRefused(Reason.INVALID_QUERY, "The question is a JSON object.")
    try:
        return Question.model_validate(body)
    except ValidationError as error:
        raise RequestRefused(Reason.INVALID_QUERY, told(error, Question)) from None


def told(error: ValidationError, whole: type[Part]) -> str:
    """Return a line that names every wrong element of a body and what is allowed there."""
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(_told(problem, whole) for problem in found[:MAX_PROBLEMS])


def _told(problem: Any, whole: type[Part]) -> str:
    steps = (f"[{p}]" if isinstance(p, int) else f".{p[:MAX_ECHO]}" for p in problem["loc"])
    place = "".join(steps)[1:]
    match problem["type"]:
        case "missing":
            text = "is required"
        case "extra_forbidden":
            part = _ELEMENTS.get(problem["loc"][0], whole)
            text = f"is not known; allowed: {', '.join(part.model_fields)}"
        case "enum":
            text = f"allowed: {problem['ctx']['expected']}"
        case "model_type" | "model_attributes_type":
            part = _ELEMENTS.get(problem["loc"][0], whole)
            text = f"is an object with: {', '.join(part.model_fields)}"
        case "tuple_type":
            text = "is an array"
        case "too_long":
            text = f"has at most {problem['ctx']['max_length']} items"
        case "int_type" | "greater_than_equal" | "less_than_equal":
            most = whole.model_fields[place].metadata[-1].le
            text = f"is a whole number from 1 to {most}"
        case "value_error":
            text = str(problem["ctx"]["error"])
        case _:
            text = problem["msg"]
    return f"{place}: {text}" if place else text
