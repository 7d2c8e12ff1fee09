"""Counts usage in the background of a running server, so that quotas hold on one machine too.

Today is counted every so often, and the days before as far back as the last count reached: what a
server missed while it was down is made good when it starts, and where nothing was ever counted, or
what was is lost, every day. Counting is `openbunker.usage`'s.
"""

from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Any

from openbunker.core.errors import KeyStoreUnavailable, QueryUnavailable
from openbunker.keys.projects import ProjectStates
from openbunker.query.engine import Engine
from openbunker.query.usage.counting import count_usage
from openbunker.usage.days import days_between, days_to_count
from openbunker.usage.model import UsageStore, UsageUnavailable

EVERY_SECONDS = 60.0
# Questions wait while a count reads: it takes at most one part of so many of the time.
REST = 20


def uncounted(
    counted_ms: int | None, now_ms: int, first_day: Callable[[], str | None]
) -> list[str]:
    """Return the days to count; without a count before, all since the first day of the folder."""
    days = days_to_count(counted_ms, now_ms)
    first = first_day() if counted_ms is None else None
    return days_between(min(first, days[0]), days[-1]) if first else days


class Counter:
    """Counts until it is closed. `monotonic` counts seconds."""

    def __init__(
        self,
        engine: Engine,
        store: UsageStore,
        states: ProjectStates,
        *,
        now_ms: Callable[[], int],
        monotonic: Callable[[], float],
        log: Callable[[Mapping[str, Any]], None],
        every_seconds: float = EVERY_SECONDS,
        first_day: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._states = states
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._log = log
        self._every_seconds = every_seconds
        self._first_day = first_day
        self._ending = Event()
        self._thread = Thread(target=self._run, name="counter", daemon=True)

    def start(self) -> None:
        """Begin to count in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Count no more. A count under way goes on to its end."""
        self._ending.set()
        self._thread.join()

    def count(self) -> None:
        """Count what may have changed since the last time; what fails is logged."""
        now_ms = self._now_ms()
        try:
            days = uncounted(self._store.counted_ms(), now_ms, self._first_day)
            count_usage(self._engine, self._store, self._states, days, now_ms)
        except (QueryUnavailable, UsageUnavailable, KeyStoreUnavailable) as error:
            self._log({"level": "ERROR", "error": f"usage was not counted: {error}"})

    def _run(self) -> None:
        pause = self._every_seconds
        while not self._ending.wait(pause):
            began = self._monotonic()
            self.count()
            pause = max(self._every_seconds, REST * (self._monotonic() - began))
