"""What is left of the seconds that something may take: one end for all of its steps."""

from collections.abc import Callable


class TimeLeft:
    """Seconds from now on, by a clock that never goes back."""

    def __init__(self, monotonic: Callable[[], float], seconds: float) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def seconds(self) -> float:
        """Return how long a step may wait. Raises TimeoutError when nothing is left."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise TimeoutError("the time for this request is up")
        return left

    def at_most(self, seconds: float) -> "TimeLeft":
        """Return a part of it, for a step that may not take all. Raises TimeoutError as above."""
        return TimeLeft(self._monotonic, min(seconds, self.seconds()))

    def reaches(self, seconds: float) -> bool:
        """Return whether so much is left."""
        return self._end - self._monotonic() >= seconds
