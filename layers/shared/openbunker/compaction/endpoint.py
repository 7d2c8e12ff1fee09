"""What the schedule calls: one run, and the line that says how it went. No SQL, no bucket.

A service that fails postpones the run and nothing else: the alarm is on how far behind the table
is. A bug of ours is logged as unexpected.
"""

import time
from collections.abc import Callable
from typing import Any

from openbunker.compaction import counting, erasing, upkeep
from openbunker.compaction.run import Run
from openbunker.compaction.services import CompactionServices
from openbunker.core.errors import OpenbunkerError
from openbunker.web import guard

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
    told: dict[str, Any] = {"compaction": "failed"}
    guard.attempt(lambda: told.update(_run(services, lambda: end - monotonic())), services.log)
    services.log(told)
    return told


def _run(services: CompactionServices, seconds_left: Callable[[], float]) -> dict[str, Any]:
    why, run = None, None
    try:
        run = Run(services, seconds_left)
        run.compact()
        counting.count(run)
        erasing.erase(run)
        upkeep.look_after(run)
    except OpenbunkerError as error:
        why = f"{type(error).__name__}: {error}"
    told: dict[str, Any] = {"compaction": "postponed" if why else "done"}
    if run:
        # A table that could never be made is as far behind as time itself: the alarm rings.
        behind_ms = services.now_ms() - run.state.compacted_to_ms
        told |= {"rows": run.rows, "compacted_to_ms": run.state.compacted_to_ms}
        told |= {"behind_seconds": behind_ms // 1000, **erasing.told(run)}
    return told | ({"level": "WARNING", "why": why} if why else {})


def _seconds(context: object) -> float:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return remaining() / 1000 if remaining else LONGEST_SECONDS
