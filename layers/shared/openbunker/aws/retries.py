"""When a failed call is made again: a few times, with jitter, within the call's own seconds.

Knows no service: what may be repeated is told with the call.
"""

from collections.abc import Callable
from typing import TypeVar

from openbunker.aws.errors import CONNECTION_FAILED, THROTTLES, AwsError
from openbunker.aws.time_left import TimeLeft

MAX_ATTEMPTS = 3
BASE_SECONDS = 0.05
CAP_SECONDS = 0.4
# With less time than this no call is begun.
LEAST_CALL_SECONDS = 0.05

Result = TypeVar("Result")


class Retries:
    """`monotonic` and `sleep` count seconds; `random` returns a number in [0, 1)."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._random = random

    def within(
        self, seconds: float, call: Callable[[float], Result], *, repeatable: bool
    ) -> Result:
        """Return what a call returns that is told its seconds. Raises its last AwsError.

        A throttled call was not carried out and is made again. So is a `repeatable` one that the
        service or the connection failed; such a call is told half of what is left, so that one
        that hangs leaves time for another.
        """
        time_left = TimeLeft(self._monotonic, seconds)
        for attempt in range(1, MAX_ATTEMPTS):
            left = time_left.seconds()
            try:
                return call(left / 2 if repeatable else left)
            except AwsError as error:
                again = _passing(error, repeatable=repeatable)
                if not again or not self._paused(attempt, time_left):
                    raise
        return call(time_left.seconds())

    def _paused(self, attempt: int, time_left: TimeLeft) -> bool:
        """Wait with full jitter before another attempt; False when the time does not reach."""
        seconds = self._random() * min(CAP_SECONDS, BASE_SECONDS * 2**attempt)
        if not time_left.reaches(seconds + LEAST_CALL_SECONDS):
            return False
        self._sleep(seconds)
        return True


def _passing(error: AwsError, *, repeatable: bool) -> bool:
    """Return whether the same call may fare better, and does no harm if it was carried out."""
    failed = error.status >= 500 or error.code == CONNECTION_FAILED
    return error.code in THROTTLES or (repeatable and failed)
