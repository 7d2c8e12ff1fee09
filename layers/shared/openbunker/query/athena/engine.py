"""Athena over delivered objects and the cold table: the query engine of a deployment.

Runs a statement over what stands for its tables. How Athena is called is in `executions`, which
partitions are named in `partitions`; holds no SQL of questions, the text comes from `rendering`.
"""

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from openbunker.core import layout
from openbunker.query import rendering, tables
from openbunker.query.athena.budget import Budget, NoBudget
from openbunker.query.athena.executions import Executions
from openbunker.query.athena.partitions import Begins, arrived, columns
from openbunker.query.engine import Statement, Table
from openbunker.query.scope import COLD, COLD_KEYS, COPIES_WITHIN_MS


def never() -> int | None:
    """Say that nothing was compacted yet."""
    return None


class AthenaEngine:
    """An Engine over the Glue tables, whose partitions are times of arrival.

    `compacted_to_ms` tells the minute before which rows lie in the cold table; None before any
    compaction, when there is no such table. `begins` tells where what was delivered begins. Athena
    cannot know how far delivery has come, so its tables carry no `fresh_to_ms`.
    """

    def __init__(
        self,
        executions: Executions,
        budget: Budget | None = None,
        compacted_to_ms: Callable[[], int | None] = never,
        begins: Begins | None = None,
    ) -> None:
        self._executions = executions
        self._budget = budget or NoBudget()
        self.compacted_to_ms = compacted_to_ms
        self._begins = begins or Begins()

    def run(self, statement: Statement) -> Table:
        """Return the rows of a statement. Raises QueryUnavailable when Athena fails or is slow."""
        found = sources(statement, self.compacted_to_ms(), self._begins)
        text, values = rendering.athena(statement, *found)
        execution = self._executions.start(text, values)
        self._executions.wait(execution, self._budget.left())
        return self._executions.rows(execution)


def sources(
    statement: Statement, compacted_to_ms: int | None, begins: Begins | None = None
) -> list[exp.Subquery]:
    """Return what stands for the tables of a statement, given the minute up to which is cold.

    A cut that is older than the truth only makes the hot part longer: what is cold by now is
    counted as cold. One that is taken before the statement starts is never newer than it.
    """
    begins = begins or Begins()
    if statement.cold is None or compacted_to_ms is None:
        return [arrived(statement, begins), tables.nothing(COLD), tables.nothing(COLD_KEYS)]
    if statement.all_hot:
        statement = replace(statement, from_ms=compacted_to_ms)
    known = statement.known or statement.cold
    keys = cold(replace(statement, cold=known), COLD_KEYS)
    return [arrived(statement, begins), cold(statement), keys]


def cold(statement: Statement, table: str = COLD) -> exp.Subquery:
    """Return the cold rows of a period and of the days beside it, where first copies may lie.

    Of a time of receipt these are the rows of its partitions that were received then, or so long
    before it, whenever they happened: the table's files say what was received in them.
    """
    period = statement.cold or (0, 0)
    low, high = period[0] - COPIES_WITHIN_MS, period[1] + COPIES_WITHIN_MS
    day, text = exp.column("dt"), exp.Literal.string
    near = exp.Between(this=day, low=text(layout.day(low)), high=text(layout.day(high)))
    other = day.copy().eq(text(layout.OTHER_DAYS))
    return (
        exp.select("*", *columns(statement))
        .from_(exp.to_table(COLD))
        .where(exp.or_(near, other), _in_time(statement, (low, high)))
        .subquery(table)
    )


def _in_time(statement: Statement, happened: tuple[int, int]) -> exp.Between:
    name, (low, high) = "timestamp_ms", happened
    if statement.received:
        name, (low, high) = "received_ms", statement.received
        low -= COPIES_WITHIN_MS
    low_, high_ = exp.Literal.number(low), exp.Literal.number(high)
    return exp.Between(this=exp.column(name), low=low_, high=high_)
