"""Where the cut between hot and cold lies, as readers are told it. Writes nothing.

An old cut is a safe one: rows that are cold by now are left out of what is read as hot. So it is
kept for a while; but never for long, because hot objects are removed some days after they are cold.
"""

from collections.abc import Callable

from openbunker.compaction import state as states
from openbunker.compaction.bucket import Bucket, BucketFailed
from openbunker.core import layout
from openbunker.core.errors import QueryUnavailable

KEPT_SECONDS = 30.0


class Cut:
    """Tells the minute before which rows are cold (ms since the epoch), None before any are."""

    def __init__(self, bucket: Bucket, monotonic: Callable[[], float]) -> None:
        self._bucket = bucket
        self._monotonic = monotonic
        self._known: tuple[float, int | None] | None = None

    def __call__(self) -> int | None:
        """Return the cut. Raises QueryUnavailable when nobody can say."""
        if self._known and self._monotonic() - self._known[0] < KEPT_SECONDS:
            return self._known[1]
        # The time is that of before the read: it must not seem younger than it is.
        at, cut = self._monotonic(), self._read()
        self._known = at, cut
        return cut

    def _read(self) -> int | None:
        try:
            found = self._bucket.get(layout.COMPACTION_STATE)
            return states.loads(found.data).compacted_to_ms or None if found else None
        except (BucketFailed, ValueError) as error:
            raise QueryUnavailable(f"the state of compaction: {error}") from error
