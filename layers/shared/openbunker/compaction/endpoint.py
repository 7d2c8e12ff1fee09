"""What the schedule calls: one run, and the line that says how it went. No SQL, no bucket.

A service that fails postpones the step that asked it and nothing else: alarms are on how long ago
each step succeeded. A bug of ours is logged as unexpected.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from openbunker.compaction import erasing
from openbunker.compaction.run import Run
from openbunker.compaction.services import CompactionServices
from openbunker.compaction.steps import Steps
from openbunker.compaction.store import refused_hours
from openbunker.core import layout

# Without a context, as a test or an operator calls it.
LONGEST_SECONDS = 840.0


def serve_compaction(
    _event: object,
    context: object,
    services: CompactionServices,
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Run once. Never raises: a retry at once would help nobody, the schedule comes again."""
    end = monotonic() + _seconds(context)
    steps, told = Steps(services), dict[str, Any]()
    noting = partial(refused_hours.note, services.bucket, services.now_ms())
    steps.attempt("refused", noting)
    run = steps.attempt("state", lambda: Run(services, lambda: end - monotonic()))
    if run:
        steps.take(run)
        told |= steps.attempt("line", partial(_of_run, run)) or {}
    told |= steps.attempt("ages", steps.ages) or {}
    outcome = "failed" if steps.bug else "postponed" if steps.faults else "done"
    line = {"compaction": outcome, **told}
    if steps.faults:
        why = "; ".join(f"{name}: {fault}" for name, fault in steps.faults.items())
        line |= {"level": "WARNING", "why": why}
    services.log(line)
    return line


def _of_run(run: Run) -> dict[str, Any]:
    # A table that could never be made is as far behind as time itself: the alarm rings.
    behind_ms = run.services.now_ms() - run.state.compacted_to_ms
    told = {"rows": run.rows, "compacted_to_ms": run.state.compacted_to_ms}
    told |= {"behind_seconds": behind_ms // 1000, **erasing.told(run)}
    return told | {"oldest_spilled_seconds": _oldest_spilled(run.services) // 1000}


def _oldest_spilled(services: CompactionServices) -> int:
    """Return how many ms ago the oldest object was spilled that is not replayed, 0 without one.

    Objects have a message in the queue, which says so itself when it waits; one without would lie
    there unheard. The ids in their keys begin with their time, so the first is the oldest.
    """
    first = next(iter(services.bucket.listed(layout.SPILL)), None)
    return services.now_ms() - first.modified_ms if first else 0


def _seconds(context: object) -> float:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return remaining() / 1000 if remaining else LONGEST_SECONDS
