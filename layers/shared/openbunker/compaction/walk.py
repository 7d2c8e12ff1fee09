"""What a run of either function does: keeps its state on a condition, waits for statements, ends.

Knows no step. Of two runs over one state, one stops before it has started anything.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from openbunker.compaction.services import CompactionServices

# Nothing is begun when less is left of the function's time.
RESERVE_SECONDS = 60.0
S = TypeVar("S")


class Walk(Generic[S]):
    """A run over the state that lies under a key: as it was last written, and that version's tag.

    `seconds_left` tells how much of the function's time is left. Every method raises
    OpenbunkerError when a service failed, and then the next run goes on.
    """

    state: S

    def __init__(
        self,
        services: CompactionServices,
        seconds_left: Callable[[], float],
        key: str,
        dumps: Callable[[S], bytes],
    ) -> None:
        self.services = services
        self.seconds_left = seconds_left
        self._key, self._dumps = key, dumps
        self._tag: str | None = None

    def read(self) -> bytes | None:
        """Return what lies under the key, and keep its tag; None where nothing does."""
        found = self.services.bucket.get(self._key)
        self._tag = found.tag if found else None
        return found.data if found else None

    def save(self, state: S) -> None:
        """Write the state. Raises Crossed when another run did."""
        self._tag = self.services.bucket.put(self._key, self._dumps(state), self._tag)
        self.state = state

    def has_time(self) -> bool:
        """Return whether there is time to begin something."""
        return self.seconds_left() > RESERVE_SECONDS

    def finish(self, text: str, token: str | None = None) -> str:
        """Run a statement to its end and return the execution. Cancels nothing when time is up."""
        executions = self.services.executions
        execution = executions.start(text, token=token)
        executions.wait(execution, self.seconds_left() - RESERVE_SECONDS / 2, cancel=False)
        return execution
