"""Funnels and retention as they are asked for: the elements `funnel` and `retention`. No SQL.

Told apart from a question by these elements. Periods, filters and field names are a question's own.
"""

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, PlainValidator, ValidationError
from pydantic import Field as Element

from openbunker.core.errors import RequestRefused
from openbunker.core.event import MAX_NAME
from openbunker.core.reasons import Reason
from openbunker.query.question import buckets, columns, period, zones
from openbunker.query.question.buckets import Interval
from openbunker.query.question.columns import DATE_COLUMNS, Field, Kind
from openbunker.query.question.elements import FieldName, Part, scalar
from openbunker.query.question.filters import Filter, Filters, together
from openbunker.query.question.period import UNITS_MS, Period
from openbunker.query.question.problems import refusal
from openbunker.query.question.question import Zone

FUNNEL, RETENTION = "funnel", "retention"
MIN_STEPS, MAX_STEPS = 2, 5
# As many columns as a table of weeks has: a year, and one more where it begins within a week.
MAX_WEEKS = 53
_LENGTH = re.compile(r"([1-9][0-9]{0,6})_([a-z]+)", re.ASCII)
_MAX_MS = period.MAX_DAYS * UNITS_MS["days"]


def _length(value: object) -> int:
    found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    length_ms = int(found[1]) * UNITS_MS.get(found[2], 0) if found else 0
    if not 0 < length_ms <= _MAX_MS:
        raise ValueError(f"is a length such as 7_days; units are {', '.join(UNITS_MS)}")
    return length_ms


def _name(value: object) -> str | None:
    text = scalar(value)
    if text is None or (isinstance(text, str) and 0 < len(text) <= MAX_NAME):
        return text
    raise ValueError(f"is the name of an event: 1 to {MAX_NAME} characters")


def _who(field: Field) -> Field:
    if field.column in DATE_COLUMNS or field.kind is Kind.NUMBER:
        raise ValueError("is a field that says who it was, such as user_id")
    return field


def _named(name: str) -> Field:
    return columns.field_named(name)


Name = Annotated[str | None, PlainValidator(_name, json_schema_input_type=str | None)]
Who = Annotated[FieldName, AfterValidator(_who)]
Length = Annotated[int, PlainValidator(_length, json_schema_input_type=str)]
When = Annotated[
    Period, PlainValidator(period.parse, json_schema_input_type=str | dict[str, str | int])
]


class Step(Part):
    """Which events are a step: those of a name, and that pass the filters; of neither, all."""

    event_name: Name = None
    filters: Filters = ()

    @property
    def conditions(self) -> tuple[Filter, ...]:
        """The same as filters."""
        if self.event_name is None:
            return self.filters
        named = {"field_name": "event_name", "op": "equals", "value": self.event_name}
        return (Filter.model_validate(named), *self.filters)


class Steps(Part):
    """The steps of a funnel, the time from the first to the last, and who takes them."""

    steps: tuple[Step, ...] = Element(min_length=MIN_STEPS, max_length=MAX_STEPS)
    within: Length = UNITS_MS["weeks"]
    by: Who = _named("user_id")


class Funnel(Part):
    """How many went on from step to step, among the events of a period that pass the filters."""

    time_period: When
    filters: Filters = ()
    funnel: Steps


class Weeks(Part):
    """Which events begin, which are a return, who returns, and whose weeks they are."""

    start: Step = Step()
    back: Step = Step()
    by: Who = _named("user_id")
    timezone: Zone = zones.DEFAULT


class Retention(Part):
    """How many came back, week by week, of those who began in a week."""

    time_period: When
    filters: Filters = ()
    retention: Weeks

    @property
    def zone(self) -> ZoneInfo:
        """The time zone whose weeks they are."""
        return self.retention.timezone

    def bounds(self, now_ms: int) -> tuple[int, int]:
        """Return the first and the last millisecond."""
        return self.time_period.bounds(now_ms, self.zone)

    def edges(self, now_ms: int) -> list[int]:
        """Return where the weeks begin, and the last's end. Raises RequestRefused: too many."""
        try:
            found = buckets.edges(*self.bounds(now_ms), Interval.WEEK, self.zone)
        except ValueError as error:
            raise RequestRefused(Reason.INVALID_QUERY, f"time_period: {error}") from None
        if len(found) - 1 > MAX_WEEKS:
            text = f"time_period: has {len(found) - 1} weeks, and retention takes {MAX_WEEKS}"
            raise RequestRefused(Reason.INVALID_QUERY, text)
        return found


def is_one(body: object) -> bool:
    """Return whether a body asks for a funnel or for retention."""
    return isinstance(body, dict) and (FUNNEL in body or RETENTION in body)


def parse(body: dict[str, Any]) -> Funnel | Retention:
    """Return what is asked for. Raises RequestRefused naming every wrong element."""
    of: type[Funnel] | type[Retention] = Funnel if FUNNEL in body else Retention
    try:
        found = of.model_validate(body)
    except ValidationError as error:
        parts: dict[str, type[Part]] = {"filters": Filter, FUNNEL: Steps, RETENTION: Weeks}
        raise refusal(error, of, parts) from None
    _hold_size(found)
    return found


def _hold_size(found: Funnel | Retention) -> None:
    """Hold all filters together to what one question may have."""
    if isinstance(found, Funnel):
        steps = found.funnel.steps
    else:
        steps = (found.retention.start, found.retention.back)
    filters = [one for step in steps for one in step.conditions]
    try:
        together((*filters, *found.filters))
    except ValueError as error:
        raise RequestRefused(Reason.INVALID_QUERY, f"filters: {error}") from None
