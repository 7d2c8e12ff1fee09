"""How long a request may still take, shared by all statements that it asks. No engine here.

One request at a time, as a Lambda function has it; begun anew with each.
"""

from collections.abc import Callable
from typing import Protocol

# API Gateway hangs up after 30 s; the answer that says so has to arrive before.
LONGEST_SECONDS = 25.0
# What remains for cancelling a statement and for the answer, of the time that Lambda gives.
RESERVE_SECONDS = 2.0


class Budget(Protocol):
    """The time of one request."""

    def begin(self, context: object) -> None:
        """Start the clock of a request, with Lambda's context where there is one."""

    def left(self) -> float:
        """Return the seconds that are left; not below zero."""


class NoBudget:
    """Where the engine bounds its own statements."""

    def begin(self, context: object) -> None:
        """Start nothing."""

    def left(self) -> float:
        """Return the longest time."""
        return LONGEST_SECONDS


class RequestBudget:
    """A Budget on a monotonic clock; also what runs out first, the gateway or the function."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + LONGEST_SECONDS

    def begin(self, context: object) -> None:
        """Start the clock of a request, with Lambda's context where there is one."""
        seconds = LONGEST_SECONDS
        remaining = getattr(context, "get_remaining_time_in_millis", None)
        if remaining is not None:
            seconds = min(seconds, remaining() / 1000 - RESERVE_SECONDS)
        self._end = self._monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; not below zero."""
        return max(0.0, self._end - self._monotonic())
