"""What `GET /health` and `GET /ready` tell of a running server: its state, and how fresh it is.

Health is for people and monitors, always 200; ready is for a balancer, and only about taking events
in: a fault of reading must not take a server out. What may be wrong is in `causes`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from openbunker.core.errors import QueryUnavailable
from openbunker_local.cold.current import CurrentManifest
from openbunker_local.server.state.causes import Cause
from openbunker_local.stream import delivered as partitions
from openbunker_local.stream.delivered import ALWAYS_MS

# A long history that nobody compacts has many objects: they are counted no more often than this.
COUNTED_FOR_MS = 10_000


def nothing_wrong() -> list[Cause]:
    """Find nothing."""
    return []


class Health:
    """The health of one data folder. Threads may share it."""

    def __init__(
        self,
        data: Path,
        now_ms: Callable[[], int],
        fresh_to_ms: Callable[[], int],
        causes: Callable[[], list[Cause]] = nothing_wrong,
    ) -> None:
        self._data = data.resolve()
        self._now_ms = now_ms
        self._fresh_to_ms = fresh_to_ms
        self._causes = causes
        self._manifest = CurrentManifest(self._data)
        self._counted: tuple[int, int] | None = None

    def __call__(self) -> dict[str, Any]:
        """Return the answer. `compacted_to_ms` is 0 before any compaction, None when unknown.

        `hot_objects` are those that questions read as they were delivered, of some seconds ago.
        """
        fresh_to = self._fresh_to_ms()
        now, causes = self._now_ms(), self._causes()
        told = {
            "status": "degraded" if causes else "ok",
            "causes": [one.told() for one in causes],
            "fresh_to_ms": fresh_to,
            "lag_ms": now - fresh_to,
        }
        try:
            manifest = self._manifest()
        except QueryUnavailable:
            return {**told, "compacted_to_ms": None, "hot_objects": None}
        hot = self._hot(manifest.done, now)
        return {**told, "compacted_to_ms": manifest.compacted_to_ms, "hot_objects": hot}

    def _hot(self, done: frozenset[str], now: int) -> int:
        if self._counted is None or now - self._counted[0] >= COUNTED_FOR_MS:
            found = partitions.objects(self._data, 0, ALWAYS_MS)
            root = f"{self._data}/"
            hot = sum(str(path).removeprefix(root) not in done for path in found)
            self._counted = now, hot
        return self._counted[1]


def readiness(why_not: str) -> tuple[int, dict[str, Any]]:
    """Return status and body of /ready; `why_not` is empty while events can be made durable."""
    if why_not:
        return 503, {"status": "not_ready", "detail": why_not}
    return 200, {"status": "ready"}
