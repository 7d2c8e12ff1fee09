"""The trees of one page of a listing, on top of the rows of a scope: whole, or in two steps.

Whole, a page is one statement: it ends early where its texts would not fit into one answer, by a
sum over the page's rows. In steps the keys of its rows come first, which are narrow, and then the
rows of those keys: so memory is the page's, however many rows there are (docs/decisions/0024).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from openbunker.query.engine import Statement, Steps
from openbunker.query.question.columns import Field, Kind
from openbunker.query.question.cursor import Place
from openbunker.query.question.listing import Listing
from openbunker.query.scope import KEY_HASH, OBJECT, Scope
from openbunker.query.sql.aggregates import statement_of, within
from openbunker.query.sql.rows import Rows

_ID = Field("event_id", column="event_id")
_HASH, _OBJECT = (Field(name, column=name) for name in (KEY_HASH, OBJECT))
# Columns of ours in the page, beside the fields' s0, s1, ...
_AT, _WHO, _SIZE, _THROUGH = "page_at", "page_id", "page_size", "page_through"
_COUNT, OURS = "page_count", 3
_KEY, _MOST = "page_key", "page_most"


def nothing_else(_rows: Rows) -> Sequence[exp.Expr]:
    """Return no condition."""
    return ()


@dataclass(frozen=True, slots=True)
class PageTrees:
    """What one page is made of; `room` is in characters, `also` makes conditions beside filters."""

    listing: Listing
    scope: Scope
    place: Place | None
    bounds: tuple[int, int]
    now_ms: int
    room: int
    also: Callable[[Rows], Sequence[exp.Expr]] = nothing_else

    def statement(self) -> Statement:
        """Return the statement of the page, which says how it is found in steps as well."""
        rows = Rows(self.scope)
        wanted = self._wanted(rows)
        columns, texts = self._columns(rows)
        names = [*(column.alias for column in columns), _AT, _WHO]
        columns += [_named(rows.value(self._time), _AT), _named(rows.value(_ID), _WHO)]
        columns.append(_named(_size(texts), _SIZE))
        newest = self._newest(columns, rows, wanted)
        steps = Steps(self._count, self.room, self._keys(), self._rows)
        return replace(self._over(self._cut(newest, names), rows), steps=steps)

    @property
    def _count(self) -> int:
        return self.listing.limit + 1  # one more tells that another page follows

    @property
    def _time(self) -> Field:
        return self.listing.time_basis.field

    @property
    def _period(self) -> tuple[int, int]:
        """When the rows of this page and of all that follow happened, or came."""
        first, last = self.bounds
        return first, min(last, self.place.timestamp_ms) if self.place else last

    def _over(self, tree: exp.Query, rows: Rows) -> Statement:
        basis = self.listing.time_basis
        found = statement_of(tree, rows, self.bounds, self.now_ms, basis)
        return found if found.received else replace(found, cold=self._period, known=self.bounds)

    def _part(self, statement: Statement, period: tuple[int, int]) -> Statement:
        """Return a statement of rows that happened, or came, in a part of the period."""
        if statement.received:
            return replace(statement, received=period)
        return replace(statement, cold=period)

    def _wanted(self, rows: Rows) -> list[exp.Expr]:
        wanted = [within(rows, self._period, self.listing.time_basis)]
        wanted += rows.meet(self.listing.filters)
        wanted += self.also(rows)
        return wanted + ([_after(rows, self._time, self.place)] if self.place else [])

    def _columns(self, rows: Rows) -> tuple[list[exp.Expr], list[exp.Column]]:
        """Return the fields that were asked for, and those of them that hold texts."""
        found = [rows.value(field) for field in self.listing.select]
        pairs = list(zip(found, self.listing.select, strict=True))
        texts = [column for column, field in pairs if _is_text(field)]
        return [_named(column, f"s{i}") for i, column in enumerate(found)], texts

    def _newest(
        self, columns: Sequence[exp.Expr], rows: Rows, wanted: Sequence[exp.Expr]
    ) -> exp.Select:
        found = exp.select(*columns, copy=False).from_(rows.first_copies(), copy=False)
        found = found.where(*wanted, copy=False).order_by(*_newest(), copy=False)
        return found.limit(self._count, copy=False)

    def _keys(self) -> Statement:
        rows = Rows(self.scope)
        wanted = self._wanted(rows)
        fields = {_AT: self._time, _WHO: _ID, KEY_HASH: _HASH, OBJECT: _OBJECT}
        columns = [_named(rows.value(field), name) for name, field in fields.items()]
        return self._part(self._over(self._newest(columns, rows, wanted), rows), self._period)

    def _rows(self, hashes: Sequence[int], period: tuple[int, int], most: int) -> Statement:
        rows = Rows(self.scope, hashes)
        columns, texts = self._columns(rows)
        names = [column.alias for column in columns]
        columns += [_named(_size(texts), _SIZE), _named(rows.value(_ID), _WHO)]
        columns.append(_named(rows.value(_HASH), _KEY))
        then = within(rows, period, self.listing.time_basis)
        found = exp.select(*columns, copy=False).from_(rows.first_copies(), copy=False)
        found = found.where(then, copy=False)
        fits = exp.column(_SIZE) <= rows.bind(_MOST, most)
        shown: list[exp.Expr] = [exp.column(name) for name in names]
        for place, field in enumerate(self.listing.select):
            if _is_text(field):
                text = exp.case().when(fits.copy(), shown[place], copy=False)
                shown[place] = _named(text, names[place])
        shown += [exp.column(name) for name in (_SIZE, _WHO, _KEY)]
        tree = exp.select(*shown, copy=False).from_(found.subquery("found", copy=False), copy=False)
        return self._part(self._over(tree, rows), period)

    def _cut(self, newest: exp.Select, names: Sequence[str]) -> exp.Select:
        """Return the rows of a page up to the one that exceeds its room; the first one always."""
        frame = exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
        )
        order = exp.Order(expressions=_newest())
        size = exp.column(_SIZE)
        through = exp.Window(this=exp.Sum(this=size), order=order, spec=frame).as_(_THROUGH)
        count = exp.Window(this=exp.Count(this=exp.Star())).as_(_COUNT)
        page = newest.subquery("page", copy=False)
        measured = exp.select("*", through, count, copy=False).from_(page, copy=False)
        before = exp.Sub(this=exp.column(_THROUGH), expression=size.copy())
        room = exp.LT(this=before, expression=exp.Literal.number(self.room))
        columns = map(exp.column, (*names, _COUNT))
        whole = measured.subquery("measured", copy=False)
        cut = exp.select(*columns, copy=False).from_(whole, copy=False).where(room, copy=False)
        return cut.order_by(*_newest(), copy=False)


def _after(rows: Rows, time: Field, place: Place) -> exp.Condition:
    """Return what holds for the rows that come after a place."""
    at, who = rows.value(time), rows.value(_ID)
    at_ms = rows.bind("after_ms", place.timestamp_ms)
    event_id = rows.bind("after_id", place.event_id)
    later = exp.LT(this=who, expression=event_id)
    return exp.or_(exp.LT(this=at, expression=at_ms), exp.and_(at.copy().eq(at_ms.copy()), later))


def _newest() -> list[exp.Ordered]:
    return [exp.Ordered(this=exp.column(name), desc=True) for name in (_AT, _WHO)]


def _named(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value, name, copy=False)


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
