"""What `GET /health` tells of a running server: how fresh questions are, and what is hot still.

Reads the manifest and lists folders; a broken manifest is told and is no failure of the process.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from openbunker.core.errors import QueryUnavailable
from openbunker_local.cold.current import CurrentManifest
from openbunker_local.stream import delivered as partitions
from openbunker_local.stream.delivered import ALWAYS_MS

# A long history that nobody compacts has many objects: they are counted no more often than this.
COUNTED_FOR_MS = 10_000


class Health:
    """The health of one data folder. Threads may share it."""

    def __init__(
        self, data: Path, now_ms: Callable[[], int], fresh_to_ms: Callable[[], int]
    ) -> None:
        self._data = data.resolve()
        self._now_ms = now_ms
        self._fresh_to_ms = fresh_to_ms
        self._manifest = CurrentManifest(self._data)
        self._counted: tuple[int, int] | None = None

    def __call__(self) -> dict[str, Any]:
        """Return the answer. `compacted_to_ms` is 0 before any compaction, None when unknown.

        `hot_objects` are those that questions read as they were delivered, of some seconds ago.
        """
        fresh_to = self._fresh_to_ms()
        now = self._now_ms()
        told = {"status": "ok", "fresh_to_ms": fresh_to, "lag_ms": now - fresh_to}
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
