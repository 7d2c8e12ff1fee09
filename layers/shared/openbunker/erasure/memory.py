"""An erasure store in a dict: the fake beside the real ones, with the same contract tests."""

from collections.abc import Sequence
from dataclasses import replace

from openbunker.core.errors import ErasureStoreUnavailable
from openbunker.erasure.model import Erasure, waiting


class MemoryErasureStore:
    """Erasures by project and id. `down` makes every call fail, as a store does that is away."""

    def __init__(self) -> None:
        self.erasures: dict[tuple[str, str], Erasure] = {}
        self.down = False

    def add(self, erasure: Erasure) -> None:
        """Keep an erasure."""
        self._up().setdefault((erasure.project_id, erasure.erasure_id), erasure)

    def get(self, project_id: str, erasure_id: str) -> Erasure | None:
        """Return an erasure of a project."""
        return self._up().get((project_id, erasure_id))

    def of_project(self, project_id: str) -> Sequence[Erasure]:
        """Return every erasure of a project."""
        return [one for place, one in sorted(self._up().items()) if place[0] == project_id]

    def every(self) -> Sequence[Erasure]:
        """Return every erasure of all projects."""
        return [one for _, one in sorted(self._up().items())]

    def to_erase(self) -> Sequence[Erasure]:
        """Return what is not erased yet."""
        return waiting(self.every())

    def mark_hidden(self, erasure: Erasure, at_ms: int) -> None:
        """Keep the time at which it was hidden."""
        kept = self._kept(erasure)
        if kept.hidden_ms is None:
            self._keep(replace(kept, hidden_ms=at_ms))

    def mark_erased(self, erasure: Erasure, at_ms: int) -> None:
        """Keep the time at which the rows were gone; forget the customer."""
        kept = self._kept(erasure)
        if kept.erased_ms is None:
            self._keep(replace(kept, erased_ms=at_ms, customer_identifier=None))

    def _kept(self, erasure: Erasure) -> Erasure:
        return self._up().get((erasure.project_id, erasure.erasure_id), erasure)

    def _keep(self, erasure: Erasure) -> None:
        place = (erasure.project_id, erasure.erasure_id)
        if place in self.erasures:
            self.erasures[place] = erasure

    def _up(self) -> dict[tuple[str, str], Erasure]:
        if self.down:
            raise ErasureStoreUnavailable("the store is down")
        return self.erasures
