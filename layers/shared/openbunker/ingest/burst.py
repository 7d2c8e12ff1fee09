"""How fast one key may send to one environment: token buckets, bounded in number.

Approximate on purpose: each environment has its own buckets and they share nothing, so that no
request waits for another. Pure: the time is an argument.
"""

from collections import OrderedDict
from math import ceil
from threading import Lock

# A bucket holds what its rate gives in this time: so much may come at once after a quiet while.
BURST_SECONDS = 10
MAX_BUCKETS = 10_000


class Buckets:
    """A bucket of tokens per name; the one that was not used for longest leaves first.

    Safe to share between threads.
    """

    def __init__(self, most: int = MAX_BUCKETS) -> None:
        self._most = most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many buckets there are."""
        return len(self._left)

    def take(self, name: str, count: int, per_second: int, now: float) -> int:
        """Take tokens and return 0, or the seconds until there are any when there are none.

        A bucket with any token gives all that is asked for and owes the rest: a request larger
        than a bucket would never pass else. `now` is in seconds and never runs back.
        """
        with self._lock:
            return self._take(name, count, per_second, now)

    def _take(self, name: str, count: int, per_second: int, now: float) -> int:
        full = float(per_second * BURST_SECONDS)
        left, at = self._left.pop(name, (full, now))
        left = min(full, left + (now - at) * per_second)
        passes = left > 0
        self._left[name] = (left - count if passes else left, now)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return 0 if passes else ceil(-left / per_second) or 1
