"""How many partitions Athena projects for questions, and did before: each one is listed in S3.

    python -m bench cost

A simulation: the conditions are those of the engine, the tables those of the template, and the
rule is that of `costs.projection`. What was before is put down here as it was.
"""

from dataclasses import dataclass

import sqlglot
from rich.console import Console
from rich.table import Table
from sqlglot import exp

from bench.costs.projection import projected
from openbunker.core import layout
from openbunker.core.times import DAY_MS, HOUR_MS, MINUTE_MS
from openbunker.query.athena.engine import sources
from openbunker.query.athena.partitions import Begins
from openbunker.query.engine import Statement
from openbunker.query.question import question
from openbunker.query.scope import EVENTS, Scope
from openbunker.query.sql import aggregates
from openbunker.query.sql import refused as refused_sql
from openbunker.query.sql.refused import Wanted

NOW_MS = 1_795_266_900_000  # 2026-11-21T13:15Z: the ordinary moment of a question
AGE_MS = 20 * MINUTE_MS  # how far the cold table is behind
STACK_MS = NOW_MS - 30 * MINUTE_MS  # the first object of a stack in which nothing is cold yet


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its statement, the cut, and where what was delivered begins."""

    what: str
    statement: Statement
    cut_ms: int | None
    begins: Begins


def main() -> int:
    """Print the table."""
    table = Table(title="partitions that Athena projects for a question")
    for name in ("question", "before", "now"):
        table.add_column(name, justify="left" if name == "question" else "right")
    for one in asked():
        found = sources(one.statement, one.cut_ms, one.begins)[0]
        table.add_row(one.what, f"{before(one):,}", f"{count(found):,}")
    table.caption = "Athena lists each in S3; one that never was costs as much as one that is full."
    Console(width=100).print(table)
    return 0


def asked() -> list[Asked]:
    """Return the questions of the table."""
    settled, mixed = Begins(hours_ms=lambda: 0), Begins(hours_ms=lambda: NOW_MS - 30 * DAY_MS)
    young = Begins(hot_ms=lambda: STACK_MS)
    cut_ms = NOW_MS - AGE_MS
    return [
        Asked("events of 90 days, the hot part", _events("minus_90_days"), cut_ms, settled),
        Asked("the same, nothing cold yet", _events("minus_90_days"), None, young),
        Asked("all events, nothing cold yet", _events("all"), None, young),
        Asked("refused of 60 minutes", _refused(HOUR_MS), None, settled),
        Asked("refused of 90 days", _refused(90 * DAY_MS), None, settled),
        Asked("the same, 30 days after the update", _refused(90 * DAY_MS), None, mixed),
    ]


def before(one: Asked) -> int:
    """Return how many there were when all lay by minute, in conditions that joined both columns."""
    statement, from_ms = one.statement, one.statement.from_ms
    if statement.table == EVENTS and one.cut_ms is not None:
        from_ms = one.cut_ms
    (first_day, first), (last_day, last) = layout.arrivals(layout.HOT, from_ms, statement.to_ms)
    text = (
        f"SELECT * FROM {statement.table} WHERE dt BETWEEN '{first_day}' AND '{last_day}' "
        f"AND (dt > '{first_day}' OR hm >= '{first}') AND (dt < '{last_day}' OR hm <= '{last}')"
    )
    return count(sqlglot.parse_one(text))


def count(tree: exp.Expr) -> int:
    """Return the partitions of all readings of a tree."""
    rows = [one for one in tree.find_all(exp.Select) if isinstance(_source(one), exp.Table)]
    return sum(len(projected(one, NOW_MS)) for one in rows)


def _source(rows: exp.Select) -> exp.Expr:
    found: exp.Expr = rows.args["from_"].this
    return found


def _events(period: str) -> Statement:
    body = {"time_period": period, "computations": [{"function": "count"}]}
    return aggregates.plan(question.parse(body), Scope("p"), NOW_MS).statement


def _refused(length_ms: int) -> Statement:
    return refused_sql.rows(Wanted(project_id="p", from_ms=NOW_MS - length_ms, to_ms=NOW_MS))
