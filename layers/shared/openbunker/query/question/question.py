"""The body of `POST /v1/query/json`, validated. Knows no SQL and no engine.

Every mistake is a RequestRefused with INVALID_QUERY whose message names the element by its path
(`computations[0].function`) and says what is allowed there. Nothing is ignored: an element that
is not listed here is a mistake too.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field as Element
from pydantic import (
    PlainValidator,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.question import buckets, period, zones
from openbunker.query.question.basis import Basis
from openbunker.query.question.buckets import Interval
from openbunker.query.question.columns import DATE_COLUMNS, Field, Kind
from openbunker.query.question.elements import FieldName, Part
from openbunker.query.question.filters import Filter, Filters
from openbunker.query.question.period import Period
from openbunker.query.question.problems import refusal

DEFAULT_LIMIT, MAX_LIMIT = 1000, 10_000
MAX_GROUPS, MAX_COMPUTATIONS, MAX_ORDERS = 10, 20, 10
DATE = "date"


class Function(StrEnum):
    """What can be computed."""

    COUNT = "count"
    COUNT_UNIQUE = "count_unique"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    P90 = "p90"
    P95 = "p95"
    P99 = "p99"


OF_ANYTHING = (Function.COUNT, Function.COUNT_UNIQUE)
OF_COLUMNS = (Function.MIN, Function.MAX)


class Direction(StrEnum):
    """Which end of an order comes first."""

    ASC = "ASC"
    DESC = "DESC"


Zone = Annotated[ZoneInfo, PlainValidator(zones.named, json_schema_input_type=str)]


class Computation(Part):
    """One computed column: `count` of all rows, or a function of a field's values."""

    function: Function
    field_name: FieldName | None = Element(default=None, validate_default=True)

    @property
    def column(self) -> str:
        """The name of the computed column in the answer and in `order_by`."""
        return f"{self.function}_{self.field_name.name}" if self.field_name else self.function

    @field_validator("field_name")
    @classmethod
    def _computable(cls, field: Field | None, info: ValidationInfo) -> Field | None:
        function = info.data.get("function", Function.COUNT)
        if field is None and function is not Function.COUNT:
            raise ValueError(f"{function} needs a field_name")
        if field is None or function in (*OF_ANYTHING, *OF_COLUMNS):
            return field
        if field.kind is Kind.TEXT or field.column in DATE_COLUMNS:
            raise ValueError(f"{function} takes a number: metric_value or a custom field")
        return field


class GroupByDate(Part):
    """Buckets of time, by the wall clock of a time zone."""

    interval: Interval
    timezone: Zone = zones.DEFAULT
    fill: bool = Element(default=True, strict=True)


class Order(Part):
    """One column of the answer to sort by."""

    field_name: Annotated[str, StringConstraints(strict=True)]
    direction: Direction = Direction.ASC


class Question(Part):
    """A question: what to compute, over which rows, grouped and ordered how."""

    time_period: Annotated[
        Period, PlainValidator(period.read, json_schema_input_type=str | dict[str, str | int])
    ]
    time_basis: Basis = Basis.EVENT
    group_by: tuple[FieldName, ...] = Element(default=(), max_length=MAX_GROUPS)
    group_by_date: GroupByDate | None = None
    computations: tuple[Computation, ...] = Element(
        default=(Computation(function=Function.COUNT),), max_length=MAX_COMPUTATIONS
    )
    filters: Filters = ()
    order_by: tuple[Order, ...] = Element(default=(), max_length=MAX_ORDERS)
    limit: int = Element(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, strict=True)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the question counts days and months."""
        return self.group_by_date.timezone if self.group_by_date else zones.DEFAULT

    @property
    def columns(self) -> list[str]:
        """The names of the answer's columns: the date, the groups, then what is computed."""
        date = [DATE] if self.group_by_date else []
        groups = [field.name for field in self.group_by]
        return [*date, *groups, *(c.column for c in self.computations)]

    def bounds(self, now_ms: int) -> tuple[int, int]:
        """Return the first and the last millisecond that the question is about."""
        return self.time_period.bounds(now_ms, self.zone)

    def edges(self, now_ms: int) -> list[int]:
        """Return where the date buckets begin, and the last's end; nothing without buckets.

        Raises RequestRefused when there are too many.
        """
        if self.group_by_date is None:
            return []
        try:
            asked = self.group_by_date
            return buckets.edges(*self.bounds(now_ms), asked.interval, asked.timezone)
        except ValueError as error:
            text = f"group_by_date.interval: {error}"
            raise RequestRefused(Reason.INVALID_QUERY, text) from None

    @field_validator("group_by")
    @classmethod
    def _no_dates(cls, fields: Sequence[Field]) -> Sequence[Field]:
        for field in fields:
            if field.column in DATE_COLUMNS:
                text = f"{field.name} is a date field; group_by takes other fields"
                raise ValueError(f"{text}, and group_by_date groups by time")
        return fields

    @model_validator(mode="after")
    def _columns_agree(self) -> Self:
        names = self.columns
        if not self.computations:
            raise ValueError("computations: at least one is needed, or leave the element out")
        for name in names:
            if names.count(name) > 1:
                elements = "group_by_date, " if name == DATE and self.group_by_date else ""
                raise ValueError(
                    f"{elements}group_by, computations: the column {name} is named twice"
                )
        for index, order in enumerate(self.order_by):
            if order.field_name not in names:
                allowed = ", ".join(names)
                raise ValueError(f"order_by[{index}].field_name: allowed: {allowed}")
        return self

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        try:
            self.bounds(0)
        except ValueError as error:
            raise ValueError(f"time_period: {error}") from None
        return self


_PARTS: dict[str, type[Part]] = {
    "group_by_date": GroupByDate,
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
        raise refusal(error, Question, _PARTS) from None


class _OfAKey(Part):
    key_filter_data: Filters


def parse_filters(value: object) -> tuple[Filter, ...]:
    """Return the filters that a key carries, in the shape of a question's.

    Raises RequestRefused with INVALID_QUERY naming every wrong element of `key_filter_data`.
    """
    try:
        return _OfAKey.model_validate({"key_filter_data": value}).key_filter_data
    except ValidationError as error:
        raise refusal(error, _OfAKey, {"key_filter_data": Filter}) from None
