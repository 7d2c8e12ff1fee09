"""What a deployment knows of itself, as an answer tells it: the contract and its values. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class NotSummedYet(Exception):
    """The books of a day are long, and are summed up a part at each asking."""


@dataclass(frozen=True, slots=True)
class State:
    """How a deployment is. What it cannot know is None; times are ms since the epoch.

    `causes` are what is not well, as `GET /health` tells it; they name nothing of a project's.
    """

    causes: Sequence[Mapping[str, Any]] | None = None
    fresh_to_ms: int | None = None
    compacted_to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CutOnly:
    """A Deployment that knows how far compaction has come, and keeps no books that it can read."""

    compacted_to_ms: Callable[[], int | None]

    def state(self) -> State:
        """Return how it is now. Raises QueryUnavailable."""
        return State(compacted_to_ms=self.compacted_to_ms())

    def answered(self, _project_id: str, _from_ms: int, _to_ms: int) -> None:
        """Return nothing."""
        return


class Deployment(Protocol):
    """Who knows."""

    def state(self) -> State:
        """Return how it is now. Raises QueryUnavailable."""

    def answered(self, project_id: str, from_ms: int, to_ms: int) -> Mapping[str, int] | None:
        """Return how the items of a project ended, by fate; None where nobody keeps books.

        Both are whole minutes, and the items were received from the one until before the other.
        Raises NotSummedYet.
        """
