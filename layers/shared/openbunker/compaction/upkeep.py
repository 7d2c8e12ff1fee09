"""Looking after the cold table: small files joined each hour, old snapshots removed each day.

A statement of upkeep that fails costs nothing but time: the next one does its work.
"""

from collections.abc import Callable
from dataclasses import replace

from openbunker.compaction import statements
from openbunker.compaction.run import LATE_MS, Run
from openbunker.core import layout
from openbunker.core.errors import QueryUnavailable
from openbunker.core.times import DAY_MS, HOUR_MS
from openbunker.query.athena.executions import ExecutionFailed
from openbunker.query.engine import StatementRejected

OPTIMIZE_MS, VACUUM_MS = HOUR_MS, DAY_MS
# The days that are written to again and again; older ones are looked after once a day, back to the
# oldest that a row may still come to: received so late, and happened so long before. Only erasures
# write to older ones, and they look after them.
RECENT_MS = DAY_MS
WRITTEN_MS = LATE_MS + layout.COLD_BEFORE_MS + DAY_MS
# Athena does a part of the work and says so, in these words of its error.
_MORE = "MORE_RUNS_NEEDED"
MAX_PARTS = 20


def optimize_if_due(run: Run) -> bool:
    """Join the small files of the last days each hour, of all days written to once a day.

    Return whether it was due. The time is kept first: a statement that hangs is not started twice.
    """
    now_ms, state = run.services.now_ms(), run.state
    if now_ms - state.optimized_ms < OPTIMIZE_MS or not run.has_time():
        return False
    days_ms = WRITTEN_MS if layout.day(state.optimized_ms) < layout.day(now_ms) else RECENT_MS
    run.save(replace(state, optimized_ms=now_ms))
    optimize(run, layout.day(now_ms - days_ms))
    return True


def vacuum_if_due(run: Run) -> bool:
    """Remove once a day what only old snapshots need; return whether it was due."""
    now_ms, state = run.services.now_ms(), run.state
    if now_ms - state.vacuumed_ms < VACUUM_MS or not run.has_time():
        return False
    run.save(replace(state, vacuumed_ms=now_ms))
    vacuum(run)
    return True


def optimize(
    run: Run, since: str | None = None, finish: Callable[[str], object] | None = None
) -> None:
    """Join small files and take the bytes of removed rows out of the newest snapshot."""
    _in_parts(run, statements.optimize(since), finish or run.finish)


def vacuum(run: Run) -> None:
    """Remove what only old snapshots need."""
    _in_parts(run, statements.vacuum(), run.finish)


def _in_parts(run: Run, text: str, finish: Callable[[str], object]) -> None:
    for _ in range(MAX_PARTS):
        try:
            finish(text)
        except (ExecutionFailed, StatementRejected) as error:
            if _MORE not in str(error):
                raise
        else:
            return
        if not run.has_time():
            break
    raise QueryUnavailable(f"not done in {MAX_PARTS} parts: {text.split(maxsplit=1)[0]}")
