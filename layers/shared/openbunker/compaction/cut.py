"""What readers are told of where delivered objects lie: the cut, and where they begin.

Writes nothing. An old answer is a safe one. Of the cut: rows that are cold by now are left out of
what is read as hot; but never for long, because hot objects are removed some days after they are
cold. The oldest object becomes younger, and what lies by minute is older by the day. So each answer
is kept for a while.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

from openbunker.compaction import planning
from openbunker.compaction.store import refused_hours
from openbunker.compaction.store import state as states
from openbunker.compaction.store.bucket import BucketFailed, Readable
from openbunker.core import layout
from openbunker.core.errors import QueryUnavailable

KEPT_SECONDS = 30.0


class _Kept(ABC):
    """A time in ms since the epoch, None where there is none, as it was read a while ago."""

    def __init__(self, bucket: Readable, monotonic: Callable[[], float]) -> None:
        self._bucket = bucket
        self._monotonic = monotonic
        self._known: tuple[float, int | None] | None = None

    def __call__(self) -> int | None:
        """Return the time. Raises QueryUnavailable when nobody can say."""
        if self._known and self._monotonic() - self._known[0] < KEPT_SECONDS:
            return self._known[1]
        # The time is that of before the read: it must not seem younger than it is.
        at = self._monotonic()
        try:
            found = self._read()
        except (BucketFailed, ValueError) as error:
            raise QueryUnavailable(f"where delivered objects lie: {error}") from error
        self._known = at, found
        return found

    @abstractmethod
    def _read(self) -> int | None:
        """Return what the bucket says. Raises BucketFailed, and ValueError for what is no state."""


class Cut(_Kept):
    """Tells the minute before which rows are cold, None before any are."""

    def _read(self) -> int | None:
        found = self._bucket.get(layout.COMPACTION_STATE)
        return states.loads(found.data).compacted_to_ms or None if found else None


class OldestHot(_Kept):
    """Tells the arrival of the oldest hot object, None where there is none: keys are in order."""

    def _read(self) -> int | None:
        arrivals = (planning.minute_ms(one.key) for one in self._bucket.listed(layout.HOT))
        return next((at for at in arrivals if at is not None), None)


class RefusedHours(_Kept):
    """Tells since when nothing that was refused lies by minute, None where that is not known."""

    def _read(self) -> int | None:
        return refused_hours.known(self._bucket)[0]
