"""A checked SELECT of a user -> a statement over the rows of a scope.

Isolation is by construction: the table `events` of the text becomes a name that WITH gives to the
rows of the scope, and no other table is left in the tree. Between those rows and the text stands
a fence: engines move conditions down to where rows are read, but never below it, so no expression
of the text is ever computed for a row of somebody else, where its error would tell of a value. It
is a LIMIT that nothing reaches, or what an engine's text has in place of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from openbunker.query.engine import FENCE, Statement, Table
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.question.basis import Basis
from openbunker.query.question.columns import COLUMNS, PROPERTIES, Field
from openbunker.query.scope import EVENTS, Scope
from openbunker.query.sql.aggregates import statement_of, within
from openbunker.query.sql.rows import Rows
from openbunker.query.user_sql import told
from openbunker.query.user_sql.check import NAMES, TIMES
from openbunker.query.user_sql.sameness import make_same

MAX_ROWS = 10_000
FENCE_ROWS = 10**12
# The years 1 to 9999, which both engines and ISO 8601 have; a time beyond is none, and no error.
CALENDAR_MS = (-62_135_596_800_000, 253_402_300_799_999)
ROWS = "scope_rows"
_PREFIX = "with_"


@dataclass(frozen=True, slots=True)
class Select:
    """The statement of a text, and how its table is told."""

    statement: Statement
    limit: int

    def rows(self, table: Table) -> list[list[Any]]:
        """Return the rows as JSON values. Raises RequestRefused for what JSON cannot hold."""
        return told.rows(table, self.limit)

    def lacks(self, table: Table) -> list[Lack]:
        """Return what did not fit; a LIMIT of the text leaves out nothing that was asked for."""
        if len(table.rows) <= self.limit:
            return []
        advice = f"At most {MAX_ROWS} rows are told. Aggregate, narrow, or ask by ORDER BY, OFFSET."
        return [Lack(Missing.ROW_LIMIT, None, advice)]


def plan(
    tree: exp.Query,
    scope: Scope,
    bounds: tuple[int, int],
    now_ms: int,
    basis: Basis = Basis.EVENT,
) -> Select:
    """Return the statement of a tree that `select_check` has read; the tree is changed."""
    rows = Rows(scope)
    scoped = _scoped(rows, _needed(tree), within(rows, bounds, basis))
    make_same(tree)
    _rename(tree)
    _name_columns(tree)
    given = tree.args.get("limit")
    limit = min(int(given.expression.name), MAX_ROWS) if given else MAX_ROWS
    tree.set("limit", exp.Limit(expression=exp.Literal.number(limit + (limit == MAX_ROWS))))
    name = exp.TableAlias(this=exp.to_identifier(ROWS))
    tree.set("with_", exp.With(expressions=[exp.CTE(this=scoped, alias=name), *tree.ctes]))
    statement = statement_of(tree, rows, bounds, now_ms, basis)
    return Select(replace(statement, heavy=True), limit)


def _needed(tree: exp.Query) -> list[str]:
    """Return the columns that a tree names, all of them where it has a `*` that stands for them."""
    stars = (star for star in tree.find_all(exp.Star) if not isinstance(star.parent, exp.Count))
    if any(stars):
        return sorted(NAMES)
    named = {column.name for column in tree.find_all(exp.Column)}
    named |= {
        name.name for join in tree.find_all(exp.Join) for name in join.args.get("using") or ()
    }
    return sorted(NAMES & named)


def _scoped(rows: Rows, names: Sequence[str], happened: exp.Expr) -> exp.Select:
    columns = [_column(rows, name).as_(name, quoted=True) for name in names]
    below = exp.select(*(columns or [exp.Literal.number(1).as_("one")]))
    fence = below.from_(rows.first_copies(), copy=False).where(happened.copy(), copy=False)
    fence = fence.limit(FENCE_ROWS, copy=False)
    fence.meta[FENCE] = True
    return fence


def _column(rows: Rows, name: str) -> exp.Expr:
    if name in TIMES:
        at_ms = rows.value(Field(TIMES[name], column=TIMES[name]))
        time = exp.UnixToTime(this=at_ms, scale=exp.UnixToTime.MILLIS)
        low, high = map(exp.Literal.number, CALENDAR_MS)
        in_calendar = exp.Between(this=at_ms.copy(), low=low, high=high)
        return exp.case().when(in_calendar, exp.cast(time, exp.DType.TIMESTAMP))
    assert name in COLUMNS or name == PROPERTIES
    return rows.value(Field(name, column=name))


def _rename(tree: exp.Query) -> None:
    """Let `events` mean the scope's rows, and keep the names of WITH apart from names of ours."""
    for table in list(tree.find_all(exp.Table)):
        name = table.name
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
        new = ROWS if name == EVENTS else _PREFIX + name
        table.set("this", exp.to_identifier(new, quoted=True))
    for cte in tree.find_all(exp.CTE):
        cte.args["alias"].set("this", exp.to_identifier(_PREFIX + cte.alias, quoted=True))


def _name_columns(tree: exp.Query) -> None:
    """Give columns without a name one by their place, as Athena does: `_col0`."""
    first = tree
    while isinstance(first, exp.SetOperation | exp.Subquery):
        first = first.this
    for place, column in enumerate(list(first.selects)):
        if not isinstance(column, exp.Alias | exp.Column | exp.Star):
            named = exp.alias_(column.copy(), f"_col{place}", quoted=True)
            column.replace(named)
