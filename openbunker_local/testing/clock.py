"""The clock of a twin: the machine's until it is set, then what was set, going on or standing."""

from collections.abc import Callable
from threading import Lock

# Each year that records and folders can name, with one to spare for a clock that goes on.
EARLIEST_MS, LATEST_MS = 0, 253_370_764_800_000


class ClockRefused(ValueError):
    """A clock cannot be set to that."""


class SetClock:
    """A clock in ms since the epoch that tests set. Threads may share it.

    `start_ms` is what it shows at first and after `reset`; None: the machine's time. Times before
    1970 or after 9998 raise ClockRefused.
    """

    def __init__(self, real_ms: Callable[[], int], start_ms: int | None = None) -> None:
        self._real_ms = real_ms
        self._start_ms = start_ms
        self._changing = Lock()
        self._shift = 0
        self._stands_at: int | None = None
        self.reset()

    def __call__(self) -> int:
        """Return the time."""
        stands = self._stands_at
        return self._real_ms() + self._shift if stands is None else stands

    def set(self, at_ms: int, *, frozen: bool = False) -> None:
        """Show a time from now on; `frozen`: and nothing later."""
        _hold(at_ms)
        with self._changing:
            self._shift = at_ms - self._real_ms()
            self._stands_at = at_ms if frozen else None

    def advance(self, ms: int) -> None:
        """Go on by so much, standing or not."""
        with self._changing:
            _hold(self() + ms)
            self._shift += ms
            if self._stands_at is not None:
                self._stands_at += ms

    def reset(self) -> None:
        """Show what was shown at the start."""
        if self._start_ms is not None:
            self.set(self._start_ms)
            return
        with self._changing:
            self._shift, self._stands_at = 0, None


def _hold(at_ms: int) -> None:
    if not EARLIEST_MS <= at_ms < LATEST_MS:
        raise ClockRefused("a clock shows the years 1970 to 9998")
