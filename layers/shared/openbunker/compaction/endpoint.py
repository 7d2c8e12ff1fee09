"""What the schedules call: a run of either function, and the line that says how it went. No SQL.

A service that fails postpones the step that asked it and nothing else: alarms are on how long ago
each step succeeded. A bug of ours is logged as unexpected.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from openbunker.compaction import erasing, steps
from openbunker.compaction.erasure_run import ErasureRun
from openbunker.compaction.run import Run
from openbunker.compaction.services import CompactionServices
from openbunker.compaction.steps import Steps
from openbunker.compaction.store import refused_hours
from openbunker.core import layout

R = TypeVar("R")
# Without a context, as a test or an operator calls it.
LONGEST_SECONDS = 840.0


def serve_compaction(
    _event: object,
    context: object,
    services: CompactionServices,
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Run once. Never raises: a retry at once would help nobody, the schedule comes again."""
    seconds_left = _until_end(context, monotonic)
    taken = Steps(services, steps.COMPACTING, layout.COMPACTION_STEPS)
    noting = partial(refused_hours.note, services.bucket, services.now_ms())
    taken.attempt("refused", noting)
    return _taken("compaction", taken, partial(Run, services, seconds_left), _of_run)


def serve_erasure(
    _event: object,
    context: object,
    services: CompactionServices,
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Run once. Never raises, as compaction does not."""
    seconds_left = _until_end(context, monotonic)
    taken = Steps(services, steps.ERASING, layout.ERASING_STEPS)
    return _taken("erasure", taken, partial(ErasureRun, services, seconds_left), erasing.told)


def _taken(
    name: str, taken: Steps[R], begin: Callable[[], R], of_run: Callable[[R], dict[str, Any]]
) -> dict[str, Any]:
    """Take the steps of a run, and write and return the line that tells of it."""
    told = dict[str, Any]()
    run = taken.attempt("state", begin)
    if run:
        taken.take(run)
        told |= taken.attempt("line", partial(of_run, run)) or {}
    told |= taken.attempt("ages", taken.ages) or {}
    outcome = "failed" if taken.bug else "postponed" if taken.faults else "done"
    line = {name: outcome, **told}
    if taken.faults:
        why = "; ".join(f"{step}: {fault}" for step, fault in taken.faults.items())
        line |= {"level": "WARNING", "why": why}
    taken.services.log(line)
    return line


def _of_run(run: Run) -> dict[str, Any]:
    # A table that could never be made is as far behind as time itself: the alarm rings.
    behind_ms = run.services.now_ms() - run.state.compacted_to_ms
    told = {"rows": run.rows, "compacted_to_ms": run.state.compacted_to_ms}
    told |= {"behind_seconds": behind_ms // 1000}
    return told | {"oldest_spilled_seconds": _oldest_spilled(run.services) // 1000}


def _oldest_spilled(services: CompactionServices) -> int:
    """Return how many ms ago the oldest object was spilled that is not replayed, 0 without one.

    Objects have a message in the queue, which says so itself when it waits; one without would lie
    there unheard. The ids in their keys begin with their time, so the first is the oldest.
    """
    first = next(iter(services.bucket.listed(layout.SPILL)), None)
    return services.now_ms() - first.modified_ms if first else 0


def _until_end(context: object, monotonic: Callable[[], float]) -> Callable[[], float]:
    """Return what tells how many seconds are left of a call."""
    end = monotonic() + _seconds(context)
    return lambda: end - monotonic()


def _seconds(context: object) -> float:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return remaining() / 1000 if remaining else LONGEST_SECONDS
