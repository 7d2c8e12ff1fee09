"""The steps of a run, one after the other, and when each one last succeeded. No SQL.

A step that raises stops no other one. When each last succeeded lies in an object beside the state
and apart from it: who cannot read the state must still be able to say since when. Its age is told
by every run, so an alarm rings when a step fails again and again, and when no run comes any more.
Compaction and erasing are functions of their own: each tells of its own steps alone.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

from openbunker.compaction import counting, erasing, upkeep
from openbunker.compaction.erasure_run import ErasureRun
from openbunker.compaction.run import Run
from openbunker.compaction.services import CompactionServices
from openbunker.compaction.store.bucket import Crossed
from openbunker.core.errors import OpenbunkerError
from openbunker.web import guard

T = TypeVar("T")
R = TypeVar("R")
# What each does, and whether there was something to do: what was not due has not succeeded.
COMPACTING: Mapping[str, Callable[[Run], bool]] = {
    "compaction": Run.compact,
    "usage": counting.count,
    "optimize": upkeep.optimize_if_due,
    "vacuum": upkeep.vacuum_if_due,
}
ERASING: Mapping[str, Callable[[ErasureRun], bool]] = {"erasure": erasing.erase}
_BUG = "a bug of ours, see the line with `unexpected`"


class Steps(Generic[R]):
    """What became of the steps of one run: `done` names those that succeeded, `faults` why not.

    When they did lies under `key`.
    """

    def __init__(
        self, services: CompactionServices, steps: Mapping[str, Callable[[R], bool]], key: str
    ) -> None:
        self.services = services
        self.steps, self.key = steps, key
        self.done: set[str] = set()
        self.faults: dict[str, str] = {}
        self.bug = False

    def attempt(self, name: str, action: Callable[[], T]) -> T | None:
        """Do something of a name and return what it returns; None when it raised."""
        found: list[T] = []

        def act() -> None:
            try:
                found.append(action())
            except OpenbunkerError as error:
                self.faults[name] = f"{type(error).__name__}: {error}"

        if not guard.attempt(act, self.services.log):
            self.bug = True
            self.faults[name] = _BUG
        return found[0] if found else None

    def take(self, run: R) -> None:
        """Take all of them."""
        for name, step in self.steps.items():
            if self.attempt(name, partial(step, run)):
                self.done.add(name)

    def ages(self) -> dict[str, int]:
        """Keep what succeeded now; return how many seconds ago each one did, or what would be so
        since time began. Raises BucketFailed."""
        now_ms, bucket = self.services.now_ms(), self.services.bucket
        found = bucket.get(self.key)
        last = self._loads(found.data) if found else {}
        last |= dict.fromkeys(self.done, now_ms)
        with suppress(Crossed):  # the other run has kept its own
            data = json.dumps(last, sort_keys=True).encode()
            bucket.put(self.key, data, found.tag if found else None)
        return {f"{name}_age_seconds": (now_ms - last.get(name, 0)) // 1000 for name in self.steps}

    def _loads(self, data: bytes) -> dict[str, int]:
        """Return times by step. Of what cannot be read nothing is known: the alarms tell."""
        try:
            told = json.loads(data)
            return {name: int(told[name]) for name in self.steps if name in told}
        except (ValueError, TypeError):
            return {}
