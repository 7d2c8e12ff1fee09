"""Funnel and retention -> statement, on top of the rows of a scope, and their tables. Builds trees.

A funnel is read in one pass: each row of a step remembers when the latest of its beginnings was
that went through all steps before it. The latest leaves most of the time, so no other has to be
kept. Values are parameters.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from openbunker.query.engine import Statement, Table
from openbunker.query.incomplete import Lack
from openbunker.query.question import zones
from openbunker.query.question.columns import field_named
from openbunker.query.question.filters import Filter
from openbunker.query.question.journeys import MAX_WEEKS, Funnel, Retention, Step
from openbunker.query.scope import Scope
from openbunker.query.sql import conditions, series, values
from openbunker.query.sql.aggregates import statement_of, within
from openbunker.query.sql.rows import Rows

_WHO, _AT, _ID, _WEEK, _FIRST = "j_who", "j_at", "j_id", "j_week", "j_first"
# Of a step: whether the row is one, when the beginning was of the step before, and of this one.
_IS, _BEFORE, _BEGAN = "j_is", "j_before", "j_began"


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement, and how its table becomes the answer."""

    statement: Statement
    columns: Sequence[str]
    answer: Callable[[Table], list[list[Any]]]

    def lacks(self, _table: Table) -> list[Lack]:
        """Return nothing: all steps, and all weeks, are told."""
        return []


def plan(asked: Funnel | Retention, scope: Scope, now_ms: int) -> Plan:
    """Return the statement of a funnel or of retention. Raises RequestRefused: too many weeks."""
    return (
        _funnel(asked, scope, now_ms) if isinstance(asked, Funnel) else _weeks(asked, scope, now_ms)
    )


def _funnel(asked: Funnel, scope: Scope, now_ms: int) -> Plan:
    steps, rows = asked.funnel.steps, Rows(scope)
    bounds = asked.time_period.bounds(now_ms)
    who, event_id = rows.value(asked.funnel.by), rows.value(field_named("event_id"))
    keep = [
        values.group(who, asked.funnel.by).as_(_WHO),
        exp.column("timestamp_ms").as_(_AT),
        event_id.as_(_ID),
    ]
    at = exp.column(_AT)
    tree = _steps(rows, keep, who, steps, (bounds, asked.filters))
    length = rows.bind("within_ms", asked.funnel.within)
    began = exp.case().when(_is(0), at.copy()).as_(f"{_BEGAN}0")
    tree = exp.select("*", began).from_(tree.subquery("taken", copy=False))
    for number in range(1, len(steps)):
        before = _latest(f"{_BEGAN}{number - 1}").as_(f"{_BEFORE}{number}")
        tree = exp.select("*", before).from_(tree.subquery(f"step{number}", copy=False))
        since = exp.paren(at.copy() - exp.column(f"{_BEFORE}{number}"))
        in_time = exp.and_(_is(number), since <= length.copy())
        began = exp.case().when(in_time, exp.column(f"{_BEFORE}{number}")).as_(f"{_BEGAN}{number}")
        tree = exp.select("*", began).from_(tree.subquery(f"in{number}", copy=False))
    went = [exp.Max(this=exp.column(f"{_BEGAN}{n}")).as_(f"w{n}") for n in range(len(steps))]
    each = exp.select(*went).from_(tree.subquery("went", copy=False)).group_by(exp.column(_WHO))
    counts = [exp.Count(this=exp.column(f"w{n}")).as_(f"c{n}") for n in range(len(steps))]
    counted = exp.select(*counts).from_(each.subquery("each", copy=False))
    statement = statement_of(counted, rows, bounds, now_ms)
    columns = ["step", "name", "users", "of_first", "of_previous"]
    return Plan(statement, columns, lambda table: _told(steps, table.rows[0]))


def _told(steps: Sequence[Step], counts: Sequence[int]) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for number, (step, count) in enumerate(zip(steps, counts, strict=True)):
        before = counts[number - 1] if number else None
        shares = [count / of if of else None for of in (counts[0], before)]
        rows.append([number + 1, step.event_name or f"step {number + 1}", count, *shares])
    return rows


def _weeks(asked: Retention, scope: Scope, now_ms: int) -> Plan:
    edges, rows, wanted = asked.edges(now_ms), Rows(scope), asked.retention
    bounds = asked.bounds(now_ms)
    who = rows.value(wanted.by)
    keep = [
        values.group(who, wanted.by).as_(_WHO),
        series.bucket(edges, exp.column("timestamp_ms")).as_(_WEEK),
    ]
    taken = _steps(rows, keep, who, (wanted.start, wanted.back), (bounds, asked.filters))
    week, first = exp.column(_WEEK), exp.column(_FIRST)
    begins = exp.Window(
        this=exp.Min(this=exp.case().when(_is(0), week.copy())), partition_by=[exp.column(_WHO)]
    )
    known = exp.select("*", begins.as_(_FIRST)).from_(taken.subquery("taken", copy=False))
    begun = exp.and_(week.copy().eq(first.copy()), _is(0))
    back = exp.and_(week.copy() > first.copy(), _is(1))
    counted = (
        exp.select(
            first.as_("d0"),
            exp.paren(week - first.copy()).as_("d1"),
            exp.Count(this=exp.Distinct(expressions=[exp.column(_WHO)])).as_("c0"),
        )
        .from_(known.subquery("known", copy=False))
        .where(exp.or_(begun, back), copy=False)
        .group_by(exp.Literal.number(1), exp.Literal.number(2), copy=False)
        .order_by("d0", "d1", copy=False)
        .limit(MAX_WEEKS * MAX_WEEKS, copy=False)
    )
    weeks = len(edges) - 1
    labels = [zones.label(edge, asked.zone) for edge in edges[:-1]]
    columns = ["week", "users", *(f"week_{number}" for number in range(weeks))]
    statement = statement_of(counted, rows, bounds, now_ms)
    return Plan(statement, columns, lambda table: _table(labels, table))


def _table(labels: Sequence[str], table: Table) -> list[list[Any]]:
    """Return a row a week; what is not there yet is null, and nobody is 0."""
    found: defaultdict[tuple[int, int], int] = defaultdict(int)
    found |= {(first, gap): count for first, gap, count in table.rows}
    weeks = len(labels)
    return [
        [label, found[at, 0], *(found[at, n] if at + n < weeks else None for n in range(weeks))]
        for at, label in enumerate(labels)
    ]


def _steps(
    rows: Rows,
    keep: Sequence[exp.Expr],
    who: exp.Column,
    steps: Sequence[Step],
    taken: tuple[tuple[int, int], Sequence[Filter]],
) -> exp.Select:
    """Return the rows that are a step of somebody's, and of which steps they are."""
    bounds, filters = taken
    are = [_holds(rows, step) for step in steps]
    one = exp.Literal.number(1)
    marks = [
        exp.case().when(holds, one.copy()).else_(exp.Literal.number(0)).as_(f"{_IS}{number}")
        for number, holds in enumerate(are)
    ]
    where = [within(rows, bounds), *(conditions.holds(rows, each) for each in filters)]
    where += [who.copy().is_(exp.null()).not_(), exp.or_(*(holds.copy() for holds in are))]
    found = exp.select(*keep, *marks).from_(rows.first_copies(), copy=False)
    return found.where(*where, copy=False)


def _holds(rows: Rows, step: Step) -> exp.Expr:
    found = [conditions.holds(rows, one) for one in step.conditions]
    return exp.paren(exp.and_(*found)) if found else exp.true()


def _is(number: int) -> exp.Expr:
    return exp.column(f"{_IS}{number}").eq(exp.Literal.number(1))


def _latest(column: str) -> exp.Window:
    """Return the greatest value of a column among somebody's rows before this one."""
    frame = exp.WindowSpec(
        kind="ROWS", start="UNBOUNDED", start_side="PRECEDING",
        end=exp.Literal.number(1), end_side="PRECEDING",
    )  # fmt: skip
    order = exp.Order(expressions=[exp.column(_AT), exp.column(_ID)])
    return exp.Window(
        this=exp.Max(this=exp.column(column)),
        partition_by=[exp.column(_WHO)],
        order=order,
        spec=frame,
    )
