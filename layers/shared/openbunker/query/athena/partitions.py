"""Which partitions of delivered objects a statement reads on Athena. Builds trees; knows no bucket.

Athena projects partitions: it makes up every name that the conditions on `dt` and on `hm`, each by
itself, allow, and lists the objects of each. So a condition says as much as it can of each column
(what joins the two, it only takes names away after they were made), and nothing is asked for
before the first object (`io.trino.plugin.hive.aws.athena.PartitionProjection`, which is Athena's
own as told in its user guide).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlglot import exp

from openbunker.core import layout
from openbunker.core.times import DAY_MS
from openbunker.query import tables
from openbunker.query.engine import Statement
from openbunker.query.scope import KEY_HASH, OBJECT, REFUSED

# What was refused lies by hour; what an earlier release has delivered, by minute, under REFUSED.
REFUSED_HOURS = "refused_hours"


def nobody_knows() -> int | None:
    """Say that it is not known."""
    return None


@dataclass(frozen=True, slots=True)
class Begins:
    """Where what was delivered begins, in ms since the epoch; None where nobody knows.

    `hot_ms` is the arrival of the oldest hot object, `hours_ms` the time from which on nothing
    that was refused lies by minute.
    """

    hot_ms: Callable[[], int | None] = nobody_knows
    hours_ms: Callable[[], int | None] = nobody_knows


def arrived(statement: Statement, begins: Begins) -> exp.Subquery:
    """Return the rows of the partitions in which the statement's rows arrived."""
    if statement.table != REFUSED:
        return _rows(statement.table, _since(statement, begins)).subquery(statement.table)
    found: exp.Query = _rows(REFUSED_HOURS, statement)
    hours_ms = begins.hours_ms()
    if hours_ms is None or statement.from_ms < hours_ms:
        to_ms = statement.to_ms if hours_ms is None else min(statement.to_ms, hours_ms)
        by_minute = exp.column("hm").like("%00").not_()  # those are read as hours
        old = _rows(REFUSED, replace(statement, to_ms=to_ms)).where(by_minute)
        found = exp.union(found, old, distinct=False)
    return found.subquery(REFUSED)


def columns(statement: Statement) -> list[exp.Expr]:
    """Return the columns that a statement names and a table has under another name."""
    named = tables.named(statement.tree)
    path = exp.column("$path", quoted=True).as_(OBJECT)
    key = exp.column("dedupe_key").as_(KEY_HASH)
    return [column for column in (path, key) if column.alias in named]


def _since(statement: Statement, begins: Begins) -> Statement:
    """Return a statement of a longer time from the oldest object on: before it lies nothing."""
    if statement.to_ms - statement.from_ms <= DAY_MS:
        return statement
    hot_ms = begins.hot_ms()
    if hot_ms is None:
        return statement
    return replace(statement, from_ms=min(max(statement.from_ms, hot_ms), statement.to_ms))


def _rows(table: str, statement: Statement) -> exp.Select:
    place = layout.REFUSED if statement.table == REFUSED else layout.HOT
    within = _within(*layout.arrivals(place, statement.from_ms, statement.to_ms))
    return exp.select("*", *columns(statement)).from_(exp.to_table(table)).where(within)


def _within(first: tuple[str, str], last: tuple[str, str]) -> exp.Expr:
    """Say that a partition is not before the first and not after the last one."""
    day, minute, text = exp.column("dt"), exp.column("hm"), exp.Literal.string
    if first > last:
        return exp.false()
    if first[0] == last[0]:
        within = exp.Between(this=minute, low=text(first[1]), high=text(last[1]))
        return exp.and_(day.eq(text(first[0])), within)
    days = [
        exp.and_(day.eq(text(first[0])), minute >= text(first[1])),
        exp.and_(day.eq(text(last[0])), minute <= text(last[1])),
    ]
    if date.fromisoformat(last[0]) - date.fromisoformat(first[0]) > timedelta(days=1):
        days.insert(1, exp.and_(day > text(first[0]), day < text(last[0])))
    return exp.paren(exp.or_(*days))
