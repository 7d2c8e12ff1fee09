"""What makes a server `degraded`: each cause, how it is found, and what it tells to whom.

A cause names no path: those go to the log. Finds; decides nothing about answers.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openbunker.core.errors import StoreDamaged
from openbunker_local.cold.current import CurrentManifest
from openbunker_local.cold.stored import set_aside
from openbunker_local.stream import spill

# An event takes up to 1 MB, a delivery 64 MiB, and DuckDB writes beside them.
FREE_BYTES = 256 * 1024 * 1024
# What is delivered, or replayed, later than this is held up by something.
BEHIND_MS = 60_000
# So far may the clock lie behind what was stored, by a step of it or by several machines' clocks.
CLOCK_MS = 10 * 60_000
# No event of this code was received before it was written: 2026-01-01.
WRITTEN_MS = 1_767_225_600_000


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is not well. `names` are for the log alone: files, and what is wrong."""

    cause: str
    detail: str
    names: Mapping[str, str] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Return what the answer of /health says of it."""
        count = {"count": len(self.names)} if self.names else {}
        return {"cause": self.cause, "detail": self.detail, **count}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is looked at. The callables are the parts' own; each returns "" or nothing when well."""

    data: Path
    now_ms: Callable[[], int]
    delivered_to_ms: Callable[[], int]
    not_durable: Callable[[], str] = str
    compaction: Callable[[], str] = str
    damaged: Callable[[], Mapping[str, str]] = dict


class Causes:
    """Finds what is not well in a running server. Threads may share it."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._manifest = CurrentManifest(watched.data)

    def __call__(self) -> list[Cause]:
        """Return what is not well now, the worst first."""
        return [*self._writing(), *self._reading(), *self._waiting(), *self._clock()]

    def _writing(self) -> Iterator[Cause]:
        if why := self._watched.not_durable():
            yield Cause("not_durable", f"Events are answered 503: {why}.")
        free = shutil.disk_usage(self._watched.data).free
        if free < FREE_BYTES:
            text = "Little room is left on the disk of the data folder: free some, or grow it."
            yield Cause("disk_full", text)

    def _reading(self) -> Iterator[Cause]:
        try:
            self._manifest()
        except StoreDamaged as error:
            text = "The list of the cold files cannot be read; questions are answered 503."
            yield Cause("manifest_unreadable", text, {"manifest": str(error)})
        if names := {**self._watched.damaged(), **set_aside(self._watched.data)}:
            text = (
                "Stored files are damaged: they are left out of answers. The log names them, and "
                "`openbunker reconcile` does."
            )
            yield Cause("damaged_files", text, names)
        if why := self._watched.compaction():
            text = "Compaction fails or has ended; questions slow down. The log says why."
            yield Cause("compaction_failing", text, {"compaction": why})

    def _waiting(self) -> Iterator[Cause]:
        late_ms = self._watched.now_ms() - BEHIND_MS
        spilled = spill.oldest_ms(self._watched.data)
        if spilled is not None and spilled < late_ms:
            yield Cause("spill_waiting", "Spilled events wait to be taken by the stream.")
        if self._watched.delivered_to_ms() < late_ms:
            yield Cause("delivery_behind", "Answered events wait in the journal to be delivered.")

    def _clock(self) -> Iterator[Cause]:
        now_ms = self._watched.now_ms()
        try:
            stored_ms = self._manifest().compacted_to_ms
        except StoreDamaged:
            stored_ms = 0
        if now_ms < WRITTEN_MS or now_ms + CLOCK_MS < stored_ms:
            yield Cause("clock_off", "The clock is far behind what was stored: set it.")
