"""One run of erasing: its own state, and how far compaction had come when it began.

Writes nothing of compaction's. What an earlier release kept there, when one function did both, is
taken over once.
"""

from collections.abc import Callable

from openbunker.compaction.services import CompactionServices
from openbunker.compaction.store import erasing_state
from openbunker.compaction.store import state as states
from openbunker.compaction.store.erasing_state import ErasingState
from openbunker.compaction.store.state import State
from openbunker.compaction.walk import Walk
from openbunker.core import layout


class ErasureRun(Walk[ErasingState]):
    """A run; `looked` tells into how many objects. `compacted_to_ms` may be older than it is."""

    def __init__(self, services: CompactionServices, seconds_left: Callable[[], float]) -> None:
        super().__init__(services, seconds_left, layout.ERASING_STATE, erasing_state.dumps)
        self.looked = 0
        data, found = self.read(), services.bucket.get(layout.COMPACTION_STATE)
        compacted = states.loads(found.data) if found else State()
        self.compacted_to_ms = compacted.compacted_to_ms
        if data is None:
            self.save(erasing_state.taken_over(compacted))
        else:
            self.state = erasing_state.loads(data)
