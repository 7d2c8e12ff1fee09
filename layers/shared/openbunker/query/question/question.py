"""The body of `POST /v1/query/json`, validated. Knows no SQL and no engine.

Every mistake is a RequestRefused with INVALID_QUERY whose message names the element by its path
(`computations[0].function`) and says what is allowed there. Nothing is ignored: an element that
is not listed here is a mistake too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.question import buckets, period, problems, zones
from openbunker.query.question.basis import Basis
from openbunker.query.question.bodies import (
    ABSENT,
    Choice,
    Element,
    Flag,
    Many,
    Object,
    OrNull,
    Text,
    Told,
    Whole,
)
from openbunker.query.question.buckets import Interval
from openbunker.query.question.columns import DATE_COLUMNS, Field, Kind
from openbunker.query.question.elements import FIELD
from openbunker.query.question.filters import FILTERS, Filter
from openbunker.query.question.period import Period

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


@dataclass(frozen=True, slots=True)
class Computation:
    """One computed column: `count` of all rows, or a function of a field's values."""

    function: Function
    field_name: Field | None = None

    @property
    def column(self) -> str:
        """The name of the computed column in the answer and in `order_by`."""
        return f"{self.function}_{self.field_name.name}" if self.field_name else self.function


@dataclass(frozen=True, slots=True)
class GroupByDate:
    """Buckets of time, by the wall clock of a time zone."""

    interval: Interval
    timezone: ZoneInfo = zones.DEFAULT
    fill: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """One column of the answer to sort by."""

    field_name: str
    direction: Direction = Direction.ASC


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question: what to compute, over which rows, grouped and ordered how."""

    time_period: Period
    time_basis: Basis = Basis.EVENT
    group_by: tuple[Field, ...] = ()
    group_by_date: GroupByDate | None = None
    computations: tuple[Computation, ...] = (Computation(Function.COUNT),)
    filters: tuple[Filter, ...] = ()
    order_by: tuple[Order, ...] = ()
    limit: int = DEFAULT_LIMIT

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


def _computable(field: Any, before: Mapping[str, Any]) -> Field | None:
    """Hold the field of a computation to its function."""
    function = before.get("function", Function.COUNT)
    if field is None or field is ABSENT:
        if function is not Function.COUNT:
            raise ValueError(f"{function} needs a field_name")
        return None
    assert isinstance(field, Field)
    if function in (*OF_ANYTHING, *OF_COLUMNS):
        return field
    if field.kind is Kind.TEXT or field.column in DATE_COLUMNS:
        raise ValueError(f"{function} takes a number: metric_value or a custom field")
    return field


def _groups(value: object) -> tuple[Field, ...]:
    found: tuple[Field, ...] = _FIELDS.read(value)
    for field in found:
        if field.column in DATE_COLUMNS:
            text = f"{field.name} is a date field; group_by takes other fields"
            raise ValueError(f"{text}, and group_by_date groups by time")
    return found


def _holds(question: Question) -> None:
    """Hold the elements to each other. Raises ValueError."""
    _columns_agree(question)
    try:
        question.bounds(0)
    except ValueError as error:
        raise ValueError(f"time_period: {error}") from None


def _columns_agree(question: Question) -> None:
    names = question.columns
    if not question.computations:
        raise ValueError("computations: at least one is needed, or leave the element out")
    for name in names:
        if names.count(name) > 1:
            elements = "group_by_date, " if name == DATE and question.group_by_date else ""
            raise ValueError(f"{elements}group_by, computations: the column {name} is named twice")
    for index, order in enumerate(question.order_by):
        if order.field_name not in names:
            allowed = ", ".join(names)
            raise ValueError(f"order_by[{index}].field_name: allowed: {allowed}")


_FIELDS = Many(FIELD, MAX_GROUPS)
ZONE = Told(zones.named, str)
BASIS = Choice(Basis)
COMPUTATION = Object(
    Computation,
    {
        "function": Element(Choice(Function), required=True),
        "field_name": Element(OrNull(FIELD), fits=_computable),
    },
)
BY_DATE = Object(
    GroupByDate,
    {
        "interval": Element(Choice(Interval), required=True),
        "timezone": Element(ZONE),
        "fill": Element(Flag()),
    },
)
ORDER = Object(
    Order,
    {"field_name": Element(Text(), required=True), "direction": Element(Choice(Direction))},
)
QUESTION = Object(
    Question,
    {
        "time_period": Element(period.IN_A_ZONE, required=True),
        "time_basis": Element(BASIS),
        "group_by": Element(Told(_groups, _FIELDS)),
        "group_by_date": Element(OrNull(BY_DATE)),
        "computations": Element(Many(COMPUTATION, MAX_COMPUTATIONS)),
        "filters": Element(FILTERS),
        "order_by": Element(Many(ORDER, MAX_ORDERS)),
        "limit": Element(Whole(1, MAX_LIMIT)),
    },
    _holds,
)
_OF_A_KEY = Object(dict[str, Any], {"key_filter_data": Element(FILTERS, required=True)})


def parse(body: object) -> Question:
    """Return the question of a JSON value. Raises RequestRefused naming every wrong element."""
    if not isinstance(body, dict):
        raise RequestRefused(Reason.INVALID_QUERY, "The question is a JSON object.")
    return problems.read(QUESTION, body)


def parse_filters(value: object) -> tuple[Filter, ...]:
    """Return the filters that a key carries, in the shape of a question's.

    Raises RequestRefused with INVALID_QUERY naming every wrong element of `key_filter_data`.
    """
    found: tuple[Filter, ...] = problems.read(_OF_A_KEY, {"key_filter_data": value})[
        "key_filter_data"
    ]
    return found
