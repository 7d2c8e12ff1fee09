"""What a deployment's store holds, by project and hour of receipt: one statement for Athena.

The only question that is about all projects; it is an operator's, and no route leads to it.
"""

from sqlglot import exp

from openbunker.core.times import HOUR_MS, MINUTE_MS
from openbunker.query.engine import Statement
from openbunker.query.scope import EVENTS

# Rows may arrive before their receipt's minute (an object has that of its oldest row), and as
# late as a spill was replayed.
BEFORE_MS, AFTER_MS = 10 * MINUTE_MS, 24 * HOUR_MS


def lying(from_ms: int, to_ms: int) -> Statement:
    """Return project, hour (hours since the epoch), rows, ids and dedupe keys of what lies there.

    Received from the one time until before the other.
    """
    hour = exp.Floor(this=exp.column("received_ms") / exp.Literal.number(HOUR_MS))
    columns = (
        exp.column("project_id"),
        exp.cast(hour, exp.DType.BIGINT).as_("hour"),
        exp.Count(this=exp.Star()).as_("lying"),
        _distinct("event_id").as_("ids"),
        _distinct("dedupe_key").as_("dedupe_keys"),
    )
    low, high = exp.Placeholder(this="low"), exp.Placeholder(this="high")
    within = exp.Between(this=exp.column("received_ms"), low=low, high=high)
    tree = exp.select(*columns).from_(exp.to_table(EVENTS)).where(within)
    tree = tree.group_by(exp.Literal.number(1), exp.Literal.number(2))
    parameters = {"low": from_ms, "high": to_ms - 1}
    return Statement(tree, parameters, from_ms - BEFORE_MS, to_ms + AFTER_MS)


def _distinct(column: str) -> exp.Count:
    return exp.Count(this=exp.Distinct(expressions=[exp.column(column)]))
