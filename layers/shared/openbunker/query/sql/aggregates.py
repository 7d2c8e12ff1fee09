"""Question -> syntax tree, on top of the rows of a scope. `rendering` writes the tree as text.

Isolation is by construction: the innermost query reads the events of one project (and of one
customer, for a scoped key) and drops copies; whatever the question asks for is built on top of
it. Nothing of the question becomes text: values and field paths are bound as parameters, columns
of the answer have names of ours (d0, g0, c0) and the question's names come back in `Plan.answer`.
"""

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sqlglot import exp

from openbunker.core.errors import RequestRefused
from openbunker.core.layout import COLD_AFTER_MS, COLD_BEFORE_MS
from openbunker.core.reasons import Reason
from openbunker.core.times import HOUR_MS
from openbunker.query.engine import PERIOD_FROM, PERIOD_TO, Statement, Table
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.question import zones
from openbunker.query.question.basis import Basis
from openbunker.query.question.question import (
    DATE,
    MAX_LIMIT,
    Direction,
    Function,
    Order,
    Question,
)
from openbunker.query.scope import Scope
from openbunker.query.sql import series, values
from openbunker.query.sql.computed import Computed, can_weigh
from openbunker.query.sql.rows import Rows

# Events of a period may have arrived before it: senders' clocks run ahead, and the first copy of
# an event counts, not the last. While nothing was ever compacted, both are looked for this long
# before the period: every hour more is an hour of small objects to open for each question.
ARRIVAL_SLACK_MS = HOUR_MS
# Doubles below it have all their digits.
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement and how its table becomes the answer: a name and a reader for each column.

    The statement asks for one row more than `limit`, so that the table tells whether there are
    more. With `filled` the table's last column, which the answer has not, counts the groups whose
    empty buckets were filled, so many of each. `exact` says of columns of the answer where their
    values stand as whole numbers of all digits, if they are that.
    """

    statement: Statement
    columns: Sequence[str]
    readers: Sequence[Callable[[Any], Any]]
    limit: int
    filled: int | None = None
    exact: Mapping[int, int] = field(default_factory=dict)

    def answer(self, table: Table) -> list[list[Any]]:
        """Return the rows in the answer's types: JSON text parsed, no NaN and no infinity.

        Raises RequestRefused when there were too many groups to fill their empty buckets.
        """
        if self.filled and table.rows:
            _check_groups(table.rows[0][-1], series.most_groups(self.filled))
        return [self._told(row) for row in table.rows[: self.limit]]

    def _told(self, row: Sequence[Any]) -> list[Any]:
        told = [read(value) for read, value in zip(self.readers, row, strict=False)]
        for column, place in self.exact.items():
            if row[place] is not None:
                told[column] = int(row[place])
        return told

    def total(self, table: Table) -> int | None:
        """Return how many rows there are beside those of the table too; None: nobody knows."""
        if len(table.rows) <= self.limit:
            return len(table.rows)
        return self.filled * int(table.rows[0][-1]) if self.filled else None

    def lacks(self, table: Table) -> list[Lack]:
        """Return what the limit cut off."""
        total = self.total(table)
        if total is not None and total <= self.limit:
            return []
        count = None if total is None else total - self.limit
        if self.limit < MAX_LIMIT:
            advice = f"Ask with a limit of up to {MAX_LIMIT}, or for fewer groups."
        else:
            advice = "Ask for fewer groups, a longer interval or a shorter period."
        return [Lack(Missing.ROW_LIMIT, count, advice)]


def _check_groups(groups: int, most: int) -> None:
    if groups > most:
        text = f"empty buckets are filled for at most {most} groups of this period"
        advice = "ask with fill false, for a longer interval, a shorter period or fewer groups"
        text = f"group_by_date.fill: {text}, and there are {groups}: {advice}"
        raise RequestRefused(Reason.INVALID_QUERY, text)


def plan(question: Question, scope: Scope, now_ms: int) -> Plan:
    """Return the statement of a question over the rows of a scope.

    Raises RequestRefused when the question has too many date buckets.
    """
    edges, rows = question.edges(now_ms), Rows(scope)
    at = time_of(rows, question.time_basis)
    keys = [series.bucket(edges, at).as_(series.BUCKET)] if edges else []
    keys += [
        values.group(rows.value(field), field).as_(f"g{i}")
        for i, field in enumerate(question.group_by)
    ]
    counted, computed = _counted(question, rows, keys, now_ms)
    filling = question.group_by_date is not None and question.group_by_date.fill
    if filling:
        groups = [key.alias for key in keys[1:]]
        empty = _empty(question, {column.alias for column in computed})
        counted = series.filled(counted, groups, empty, len(edges) - 1)
    names = [column.alias for column in keys]
    names += [f"c{i}" for i in range(len(question.computations))]
    exact = [column.alias for column in computed[len(question.computations) :]]
    shown = [*names, *exact, *([series.GROUPS] if filling else [])]
    tree = exp.select(*map(exp.column, shown)).from_(counted.subquery("answer", copy=False))
    if orders := _orders(question, names, exact):
        tree = tree.order_by(*orders, copy=False)
    limited = tree.limit(question.limit + 1, copy=False)
    bounds = question.bounds(now_ms)
    return Plan(
        statement_of(limited, rows, bounds, now_ms, question.time_basis),
        question.columns,
        _readers(question, edges),
        question.limit,
        len(edges) - 1 if filling else None,
        {names.index("c" + name[1:]): len(names) + i for i, name in enumerate(exact)},
    )


def _counted(
    question: Question, rows: Rows, keys: Sequence[exp.Expr], now_ms: int
) -> tuple[exp.Select, list[exp.Expr]]:
    """Return one row per bucket and group that occurs, and its computed columns.

    Those are c0, c1, ... and then e0, ... of those that may be whole numbers of many digits.
    """
    computed = Computed(rows, can_weigh(question.computations))
    aggregates = [
        _computed(computed.aggregate(one), one.function, in_series=bool(question.group_by_date))
        for one in question.computations
    ]
    columns = [aggregate.as_(f"c{i}", copy=False) for i, aggregate in enumerate(aggregates)]
    for i, one in enumerate(question.computations):
        exact = computed.exact(one, in_series=bool(question.group_by_date))
        columns += [exact.as_(f"e{i}", copy=False)] if exact else []
    where = [within(rows, question.bounds(now_ms), question.time_basis)]
    where += rows.meet(question.filters)
    taken = [*keys, *computed.values()] or [exp.Literal.number(1).as_("one")]
    picked = exp.select(*taken).from_(rows.first_copies()).where(*where, copy=False)
    names = [key.alias for key in keys]
    ranked = computed.ranked(picked, names)
    counted = exp.select(*map(exp.column, names), *columns).from_(
        ranked.subquery("ranked", copy=False)
    )
    if names:
        places = (exp.Literal.number(i + 1) for i in range(len(names)))
        counted = counted.group_by(*places, copy=False)
    return counted, columns


def _computed(aggregate: exp.Expr, function: Function, *, in_series: bool) -> exp.Expr:
    """Return an aggregate; over time, the sum of nothing is 0, so that a line has no holes."""
    if function is Function.SUM and in_series:
        return exp.Coalesce(this=aggregate, expressions=[values.double(exp.Literal.number(0))])
    return aggregate


def _empty(question: Question, names: Collection[str]) -> dict[str, exp.Expr]:
    """Return what each computed column is in a bucket without rows."""
    found: dict[str, exp.Expr] = {}
    for index, one in enumerate(question.computations):
        is_sum = one.function in (Function.COUNT, Function.COUNT_UNIQUE, Function.SUM)
        for name in (f"c{index}", f"e{index}"):
            if name in names:
                found[name] = exp.Literal.number(0) if is_sum else exp.null()
    return found


def time_of(rows: Rows, basis: Basis) -> exp.Expr:
    """Return the column of a row's time. Ask for it before the rows."""
    return exp.column("timestamp_ms") if basis is Basis.EVENT else rows.value(basis.field)


def within(rows: Rows, bounds: tuple[int, int], basis: Basis = Basis.EVENT) -> exp.Expr:
    """Return what holds for the rows of the two times, both included. Ask before the rows."""
    low, high = rows.bind(PERIOD_FROM, bounds[0]), rows.bind(PERIOD_TO, bounds[1])
    return exp.Between(this=time_of(rows, basis), low=low, high=high)


def statement_of(
    tree: exp.Query,
    rows: Rows,
    bounds: tuple[int, int],
    now_ms: int,
    basis: Basis = Basis.EVENT,
) -> Statement:
    """Return the statement of a tree over rows that happened, or came, within the two times.

    They may have arrived at any time since, and a little before; what is to happen after now may
    have come at any time.
    """
    arrived_ms = 0 if bounds[0] > now_ms else max(0, bounds[0] - ARRIVAL_SLACK_MS)
    who = rows.scope.project_id, rows.scope.key_id
    found = Statement(tree, rows.parameters, arrived_ms, now_ms, cold=bounds, asked_by=who)
    if basis is Basis.EVENT:
        return found
    days = bounds[0] - COLD_BEFORE_MS, bounds[1] + COLD_AFTER_MS
    return replace(found, cold=days, received=bounds)


def _readers(question: Question, edges: Sequence[int]) -> list[Callable[[Any], Any]]:
    date = [partial(_date, question, edges)] if question.group_by_date else []
    groups = [_number if field.column else _json for field in question.group_by]
    return [*date, *groups, *([_number] * len(question.computations))]


def _orders(question: Question, names: Sequence[str], exact: Collection[str]) -> list[exp.Ordered]:
    """Return the order asked for, then date and groups, so that every answer has one order."""
    asked = dict(zip(question.columns, names, strict=True))
    orders = list(question.order_by)
    keys = len(names) - len(question.computations)
    orders += [Order(field_name=name) for name in question.columns[:keys]]
    of_properties = {field.name for field in question.group_by if not field.column}
    if question.group_by_date:
        of_properties.discard(DATE)
    found = []
    for order in orders:
        column, descending = exp.column(asked[order.field_name]), order.direction is Direction.DESC
        sorts: list[exp.Expr] = [column]
        if (digits := f"e{column.name[1:]}") in exact and column.name.startswith("c"):
            sorts.append(exp.column(digits))  # where doubles are the same
        if order.field_name in of_properties:
            # The whole text last: true and "true" are two groups.
            sorts = [values.double_or_null(column), values.text(column), column.copy()]
        found += [exp.Ordered(this=key, desc=descending, nulls_first=False) for key in sorts]
    return found


def _date(question: Question, edges: Sequence[int], bucket: Any) -> str:
    return zones.label(edges[bucket], question.zone)


def _json(value: Any) -> Any:
    return None if value is None else json.loads(value)


def _number(value: Any) -> Any:
    """Return a value as JSON has it: no infinity, and no fraction of zeros."""
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < _EXACT else value
