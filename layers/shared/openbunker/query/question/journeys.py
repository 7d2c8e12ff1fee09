"""Funnels and retention as they are asked for: the elements `funnel` and `retention`. No SQL.

Told apart from a question by these elements. Periods, filters and field names are a question's own.
"""

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from openbunker.core.errors import RequestRefused
from openbunker.core.event import MAX_NAME
from openbunker.core.reasons import Reason
from openbunker.core.times import DAY_MS
from openbunker.query.question import buckets, columns, period, problems, zones
from openbunker.query.question.bodies import Element, Many, Object, Told
from openbunker.query.question.buckets import Interval
from openbunker.query.question.columns import DATE_COLUMNS, Field, Kind
from openbunker.query.question.elements import FIELD, scalar
from openbunker.query.question.filters import FILTER, FILTERS, Filter, together
from openbunker.query.question.period import UNITS_MS, Period
from openbunker.query.question.question import ZONE

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


def _who(value: object) -> Field:
    field: Field = FIELD.read(value)
    if field.column in DATE_COLUMNS or field.kind is Kind.NUMBER:
        raise ValueError("is a field that says who it was, such as user_id")
    return field


_USER = columns.field_named("user_id")


@dataclass(frozen=True, slots=True)
class Step:
    """Which events are a step: those of a name, and that pass the filters; of neither, all."""

    event_name: str | None = None
    filters: tuple[Filter, ...] = ()

    @property
    def conditions(self) -> tuple[Filter, ...]:
        """The same as filters."""
        if self.event_name is None:
            return self.filters
        named = {"field_name": "event_name", "op": "equals", "value": self.event_name}
        return (FILTER.read(named), *self.filters)


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a funnel, the time from the first to the last, and who takes them."""

    steps: tuple[Step, ...]
    within: int = UNITS_MS["weeks"]
    by: Field = _USER


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How many went on from step to step, among the events of a period that pass the filters."""

    time_period: Period
    filters: tuple[Filter, ...] = ()
    funnel: Steps


@dataclass(frozen=True, slots=True)
class Weeks:
    """Which events begin, which are a return, who returns, and whose weeks they are."""

    start: Step = Step()
    back: Step = Step()
    by: Field = _USER
    timezone: ZoneInfo = zones.DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many came back, week by week, of those who began in a week."""

    time_period: Period
    filters: tuple[Filter, ...] = ()
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
        first_ms, last_ms = self.bounds(now_ms)
        if (last_ms - first_ms) // (7 * DAY_MS) > MAX_WEEKS:
            text = f"time_period: has more than {MAX_WEEKS} weeks, which is what retention takes"
            raise RequestRefused(Reason.INVALID_QUERY, text)
        try:
            found = buckets.edges(first_ms, last_ms, Interval.WEEK, self.zone)
        except ValueError as error:
            raise RequestRefused(Reason.INVALID_QUERY, f"time_period: {error}") from None
        if len(found) - 1 > MAX_WEEKS:
            text = f"time_period: has {len(found) - 1} weeks, and retention takes {MAX_WEEKS}"
            raise RequestRefused(Reason.INVALID_QUERY, text)
        return found


WHO = Told(_who, str)
STEP = Object(
    Step,
    {"event_name": Element(Told(_name, str | None)), "filters": Element(FILTERS)},
)
STEPS = Object(
    Steps,
    {
        "steps": Element(Many(STEP, MAX_STEPS, MIN_STEPS), required=True),
        "within": Element(Told(_length, str)),
        "by": Element(WHO),
    },
)
WEEKS = Object(
    Weeks,
    {
        "start": Element(STEP),
        "back": Element(STEP),
        "by": Element(WHO),
        "timezone": Element(ZONE),
    },
)
_OF_BOTH = {"time_period": Element(period.KIND, required=True), "filters": Element(FILTERS)}
FUNNEL_BODY = Object(Funnel, {**_OF_BOTH, FUNNEL: Element(STEPS, required=True)})
RETENTION_BODY = Object(Retention, {**_OF_BOTH, RETENTION: Element(WEEKS, required=True)})


def is_one(body: object) -> bool:
    """Return whether a body asks for a funnel or for retention."""
    return isinstance(body, dict) and (FUNNEL in body or RETENTION in body)


def parse(body: dict[str, Any]) -> Funnel | Retention:
    """Return what is asked for. Raises RequestRefused naming every wrong element."""
    found: Funnel | Retention
    if FUNNEL in body:
        found = problems.read(FUNNEL_BODY, body)
    else:
        found = problems.read(RETENTION_BODY, body)
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
