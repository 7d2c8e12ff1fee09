"""Athena over the delivered objects: the query engine of a deployment.

Runs a statement over the partitions that it names. How Athena is called is in `executions`; holds
no SQL of questions, the text comes from `rendering`.
"""

from collections.abc import Callable

from sqlglot import exp

from openbunker import layout
from openbunker.query import rendering
from openbunker.query.budget import Budget, NoBudget
from openbunker.query.engine import Statement, Table
from openbunker.query.executions import Executions

# What statements call the address of a row's object, Athena's hidden column "$path".
OBJECT = "object_path"


def never() -> int | None:
    """Say that nothing was compacted yet."""
    return None


class AthenaEngine:
    """An Engine over the Glue tables, whose partitions are minutes of arrival.

    `compacted_to_ms` tells the minute before which rows lie in the cold table; None before any
    compaction, when there is no such table. Athena cannot know how far delivery has come, so its
    tables carry no `fresh_to_ms`.
    """

    def __init__(
        self,
        executions: Executions,
        budget: Budget | None = None,
        compacted_to_ms: Callable[[], int | None] = never,
    ) -> None:
        self._executions = executions
        self._budget = budget or NoBudget()
        self.compacted_to_ms = compacted_to_ms

    def run(self, statement: Statement) -> Table:
        """Return the rows of a statement. Raises QueryUnavailable when Athena fails or is slow."""
        text, values = rendering.athena(statement, partitions(statement))
        execution = self._executions.start(text, values)
        self._executions.wait(execution, self._budget.left())
        return self._executions.rows(execution)


def partitions(statement: Statement) -> exp.Subquery:
    """Return the table's rows of the minutes in which the statement's rows arrived."""
    (first_day, first_minute), (last_day, last_minute) = (
        [part.partition("=")[2] for part in layout.hot_prefix(at).split("/")[1:3]]
        for at in (statement.from_ms, statement.to_ms)
    )
    day, minute, text = exp.column("dt"), exp.column("hm"), exp.Literal.string
    named = {column.name for column in statement.tree.find_all(exp.Column)}
    path = [exp.column("$path", quoted=True).as_(OBJECT)] if OBJECT in named else []
    return (
        exp.select("*", *path)
        .from_(exp.to_table(statement.table))
        .where(
            exp.Between(this=day, low=text(first_day), high=text(last_day)),
            exp.or_(day > text(first_day), minute >= text(first_minute)),
            exp.or_(day < text(last_day), minute <= text(last_minute)),
        )
        .subquery(statement.table)
    )
