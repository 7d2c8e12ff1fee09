"""Counting usage after a run on AWS, from the cold table alone: each event is one row there.

A count that fails is made good by the next run. No SQL.
"""

from openbunker.compaction.run import Run
from openbunker.core.times import MINUTE_MS
from openbunker.query import rendering
from openbunker.query.athena.engine import sources
from openbunker.query.engine import Statement, Table
from openbunker.query.usage.counting import count_usage
from openbunker.usage.days import days_to_count

# Each count reads the day so far: more often costs more, and quotas hold no better than the
# compaction before it.
EVERY_MS = 15 * MINUTE_MS
# The schedule is not exact; a run that comes a little early counts as well.
EARLY_MS = MINUTE_MS


class _Cold:
    """An engine over what a run has compacted. Cancels nothing, for which it has no right."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def run(self, statement: Statement) -> Table:
        """Return the rows of a statement. Raises QueryUnavailable."""
        executions = self._run.services.executions
        found = sources(statement, self._run.state.compacted_to_ms or None)
        execution = executions.start(*rendering.athena(statement, *found))
        executions.wait(execution, self._run.seconds_left(), cancel=False)
        return executions.rows(execution)


def count(run: Run) -> bool:
    """Count what may have changed since the last time; return whether that was due.

    Raises OpenbunkerError when a service failed.
    """
    services = run.services
    if services.counts is None:
        return True
    store, now_ms = services.counts.store, services.now_ms()
    counted_ms = store.counted_ms()
    if counted_ms is not None and now_ms - counted_ms < EVERY_MS - EARLY_MS:
        return False
    if not run.has_time():
        return False
    days = days_to_count(counted_ms, now_ms)
    count_usage(_Cold(run), store, services.counts.states, days, now_ms, hot=False)
    return True
