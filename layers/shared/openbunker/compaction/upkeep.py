"""Looking after the cold table: small files joined each hour, old snapshots removed each day.

A few days a statement, and what is done is kept: what a run does not come to, the next one goes on
with, and a statement that outlives its run is waited for and not started twice. One that fails
costs nothing but time: the next day does its work.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from openbunker.compaction import statements
from openbunker.compaction.planning import LATE_MS
from openbunker.compaction.run import Run
from openbunker.compaction.store.state import Task
from openbunker.compaction.walk import Walk
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
# Days whose files one statement joins: minutes of work, of the fourteen that a run has.
SPAN_DAYS = 7
# Athena does a part of the work and says so, in these words of its error.
_MORE = "MORE_RUNS_NEEDED"
MAX_PARTS = 20


def optimize_if_due(run: Run) -> bool:
    """Join the small files of the last days each hour, of all days written to once a day.

    Return whether that is done now, all of it: it may take some runs.
    """
    failed, now_ms, state = False, run.services.now_ms(), run.state
    if state.joining is None:
        if now_ms - state.optimized_ms < OPTIMIZE_MS or not run.has_time():
            return False
        days_ms = WRITTEN_MS if layout.day(state.optimized_ms) < layout.day(now_ms) else RECENT_MS
        begun = _task(run, now_ms, _days(now_ms - days_ms, now_ms + layout.COLD_AFTER_MS))
        run.save(replace(state, optimized_ms=now_ms, joining=begun))
    while (task := run.state.joining) and run.has_time():
        failed = task.failed
        text = statements.optimize(task.days[:SPAN_DAYS])
        _settle(run, "joining", text, task.days[SPAN_DAYS:])
    return run.state.joining is None and not failed


def vacuum_if_due(run: Run) -> bool:
    """Remove once a day what only old snapshots need; return whether that is done now."""
    now_ms, state = run.services.now_ms(), run.state
    if not run.has_time():
        return False
    if state.vacuuming is None:
        if now_ms - state.vacuumed_ms < VACUUM_MS:
            return False
        run.save(replace(state, vacuumed_ms=now_ms))
    vacuum(run)
    return True


def vacuum(run: Walk[Any], since_ms: int = 0) -> None:
    """Remove what only old snapshots need, by statements that began after a time (ms)."""
    if run.state.vacuuming and run.state.vacuuming.begun_ms < since_ms:
        _settle(run, "vacuuming", statements.vacuum())
    if run.state.vacuuming is None:
        run.save(replace(run.state, vacuuming=_task(run, run.services.now_ms(), ())))
    _settle(run, "vacuuming", statements.vacuum())


def in_parts(
    run: Walk[Any], text: str, token: Callable[[], str], ended: Callable[[], None]
) -> None:
    """Run a statement until Athena says that nothing is left of it.

    Each part is started under a token, so a run that takes over waits for that of the one before;
    `ended` says that the next one is another.
    """
    for _ in range(MAX_PARTS):
        try:
            run.finish(text, token())
        except (ExecutionFailed, StatementRejected) as error:
            ended()
            if _MORE not in str(error):
                raise
        else:
            return
        if not run.has_time():
            break
    raise QueryUnavailable(f"not done in {MAX_PARTS} parts: {text.split(maxsplit=1)[0]}")


def _settle(run: Walk[Any], name: str, text: str, rest: tuple[str, ...] = ()) -> None:
    """Finish a statement of the task of a name, and keep which days are left; also when it fails.

    Else it would stand before all others for ever.
    """

    def task() -> Task:
        found: Task = getattr(run.state, name)
        return found

    def keep(days: tuple[str, ...], *, ended: bool = False, failed: bool = False) -> None:
        now = task()
        left = replace(now, days=days, tries=now.tries + 1, failed=now.failed or failed)
        changed: dict[str, Any] = {name: None if ended else left}
        run.save(replace(run.state, **changed))

    def token() -> str:
        return task().token()

    try:
        in_parts(run, text, token, lambda: keep(task().days))
    except (ExecutionFailed, StatementRejected):
        keep(rest, ended=not rest, failed=True)
        raise
    keep(rest, ended=not rest)


def _task(run: Walk[Any], now_ms: int, days: tuple[str, ...]) -> Task:
    return Task(task_id=run.services.new_id(now_ms), begun_ms=now_ms, days=days)


def _days(first_ms: int, last_ms: int) -> tuple[str, ...]:
    """Return the partitions of a time, those of the newest days first."""
    days = {layout.day(at_ms) for at_ms in (*range(first_ms, last_ms, DAY_MS), last_ms)}
    return (layout.OTHER_DAYS, *sorted(days, reverse=True))
