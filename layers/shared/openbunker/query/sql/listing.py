"""Listing -> syntax tree, on top of the rows of a scope: one page, newest first.

A page begins after the last row of the one before it (a keyset: time, then event id), so what
arrives meanwhile shifts nothing. It ends early where its texts would not fit into one answer:
a sum over the page's rows cuts it inside the engine, before anybody holds it in memory.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.engine import Statement, Table
from openbunker.query.question import cursor
from openbunker.query.question.columns import Field, Kind
from openbunker.query.question.cursor import Place
from openbunker.query.question.forms import MAX_REPLY_BYTES
from openbunker.query.question.listing import Listing
from openbunker.query.scope import Scope
from openbunker.query.sql import conditions
from openbunker.query.sql.aggregates import statement_of, within
from openbunker.query.sql.rows import Rows

# Characters of the texts of a page; what is left is cut by bytes in the form that was asked for.
MAX_PAGE_CHARACTERS = MAX_REPLY_BYTES
_TIME = Field("timestamp_ms", column="timestamp_ms")
_ID = Field("event_id", column="event_id")
# Columns of ours in the page, beside the fields' f0, f1, ...
_AT, _WHO, _SIZE, _THROUGH = "page_at", "page_id", "page_size", "page_through"
_COUNT, _OURS = "page_count", 3

Fitting = Callable[[Sequence[str], Sequence[Sequence[Any]]], int]


@dataclass(frozen=True, slots=True)
class Page:
    """The statement of a page, and how its table becomes the page."""

    listing: Listing
    statement: Statement
    bounds: tuple[int, int]

    @property
    def columns(self) -> list[str]:
        """The names of the page's columns."""
        return [field.name for field in self.listing.select]

    def rows(self, table: Table, fitting: Fitting) -> tuple[list[list[Any]], Place | None]:
        """Return the rows that fit into one answer, and their last place when more follow.

        `fitting` says how many of the first rows do.
        """
        here = table.rows[: self.listing.limit]
        found = [self._told(row) for row in here]
        fit = fitting(self.columns, found)
        if not found or fit == here[0][-1]:
            return found, None
        at_ms, event_id, _ = here[fit - 1][-_OURS:]
        return found[:fit], Place(*self.bounds, at_ms, event_id)

    def _told(self, row: Sequence[Any]) -> list[Any]:
        return [_typed(*pair) for pair in zip(row[:-_OURS], self.listing.select, strict=True)]


def page(listing: Listing, body: Mapping[str, Any], scope: Scope, now_ms: int) -> Page:
    """Return the page that a listing asks for. Raises RequestRefused for a wrong cursor."""
    rows = Rows(scope)
    place = _place(listing, body, scope)
    bounds = (place.from_ms, place.to_ms) if place else listing.time_period.bounds(now_ms)
    wanted: list[exp.Expr] = [
        within(rows, *bounds),
        *(conditions.holds(rows, one) for one in listing.filters),
    ]
    wanted += [_after(rows, place)] if place else []
    columns = [rows.value(field) for field in (*listing.select, _TIME, _ID)]
    texts = [c for c, field in zip(columns, listing.select, strict=False) if _is_text(field)]
    names = [*(f"s{i}" for i in range(len(listing.select))), _AT, _WHO]
    named = [column.as_(name) for column, name in zip(columns, names, strict=True)]
    newest = exp.select(*named, _size(texts).as_(_SIZE)).from_(rows.first_copies())
    newest = newest.where(*wanted).order_by(*_newest()).limit(listing.limit + 1)
    statement = statement_of(_cut(newest, names), rows, bounds, now_ms)
    return Page(listing, statement, bounds)


def _place(listing: Listing, body: Mapping[str, Any], scope: Scope) -> Place | None:
    if listing.cursor is None:
        return None
    try:
        return cursor.place_of(listing.cursor, body, scope.project_id)
    except ValueError as error:
        raise RequestRefused(Reason.INVALID_QUERY, f"cursor: {error}") from None


def _after(rows: Rows, place: Place) -> exp.Condition:
    """Return what holds for the rows that come after a place."""
    at, who = rows.value(_TIME), rows.value(_ID)
    at_ms = rows.bind("after_ms", place.timestamp_ms)
    event_id = rows.bind("after_id", place.event_id)
    later = exp.LT(this=who, expression=event_id)
    return exp.or_(exp.LT(this=at, expression=at_ms), exp.and_(at.copy().eq(at_ms.copy()), later))


def _newest() -> list[exp.Ordered]:
    return [exp.Ordered(this=exp.column(name), desc=True) for name in (_AT, _WHO)]


def _cut(newest: exp.Select, names: Sequence[str]) -> exp.Select:
    """Return the rows of a page up to the one that exceeds its room; the first one always."""
    frame = exp.WindowSpec(
        kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
    )
    order = exp.Order(expressions=_newest())
    size = exp.column(_SIZE)
    through = exp.Window(this=exp.Sum(this=size), order=order, spec=frame).as_(_THROUGH)
    count = exp.Window(this=exp.Count(this=exp.Star())).as_(_COUNT)
    measured = exp.select("*", through, count).from_(newest.subquery("page"))
    before = exp.Sub(this=exp.column(_THROUGH), expression=size.copy())
    room = exp.LT(this=before, expression=exp.Literal.number(MAX_PAGE_CHARACTERS))
    columns = map(exp.column, (*names, _COUNT))
    cut = exp.select(*columns).from_(measured.subquery("measured")).where(room)
    return cut.order_by(*_newest())


def _size(texts: Sequence[exp.Column]) -> exp.Expression:
    total: exp.Expression = exp.Literal.number(0)
    for text in texts:
        length = exp.Coalesce(
            this=exp.Length(this=text.copy()), expressions=[exp.Literal.number(0)]
        )
        total = exp.Add(this=total, expression=length)
    return exp.cast(total, exp.DType.BIGINT)


def _is_text(field: Field) -> bool:
    return field.kind in (None, Kind.TEXT)


def _typed(value: Any, field: Field) -> Any:
    """Return a value as it was sent; a field without a kind holds JSON text."""
    if field.kind is None and value is not None:
        return json.loads(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
