"""Receipts of cold events on one machine: sightings in the cold files, by id or dedupe key.

Knows which files hold what; `lake.receipts` knows journal and objects. Nothing here is a copy
unless compaction dropped it: of each key there is one cold row, and it came first.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbunker.core.times import DAY_MS
from openbunker.query.receipts import (
    AFTER_MS,
    BEFORE_MS,
    LOOK_BACK_MS,
    Place,
    Sighting,
    Sought,
    is_of,
)
from openbunker.query.scope import Scope
from openbunker_local.cold import lookup_trees as cold_sql
from openbunker_local.cold.manifest import Kind
from openbunker_local.cold.rows import ColdRows, Row

# How far from a row's receipt another one with its key may have been received: clients send again
# within hours, replays within a day.
SAME_KEY_MS = DAY_MS


@dataclass(frozen=True, slots=True)
class ColdReceipts:
    """The cold sightings of a data folder."""

    data: Path
    rows: ColdRows

    def by_event_id(self, scope: Scope, event_id: str) -> list[Sighting]:
        """Return the row of an id of ours, or what is kept of it when it was dropped as a copy."""
        at_ms = Sought.of(event_id).at_ms
        near = max(0, at_ms - BEFORE_MS), at_ms + AFTER_MS
        for kind in ("rows", "copies"):
            tree = cold_sql.by_event_id(kind)
            if found := self._seen(scope, kind, self._find(kind, tree, scope, near, event_id)):
                return found[:1]
        return []

    def by_client_id(self, scope: Scope, text: str, now_ms: int) -> list[Sighting]:
        """Return the rows that a client's id names, received within the look-back."""
        recent = max(0, now_ms - LOOK_BACK_MS), now_ms
        found = self._find("rows", cold_sql.by_client_id("rows"), scope, recent, text)
        if not found:
            found = self._of_dropped(scope, text, recent)
        return self._seen(scope, "rows", [row for row in found if is_of(_named("rows", row), text)])

    def by_key(self, scope: Scope, key: str, received_ms: int) -> list[Sighting]:
        """Return the row with a dedupe key, received within a day of another one with it."""
        return self._seen(scope, "rows", self._with_key(scope, key, received_ms))

    def _of_dropped(self, scope: Scope, text: str, recent: tuple[int, int]) -> list[Row]:
        """Return the first rows of copies that were dropped: they may be older."""
        copies = self._find("copies", cold_sql.by_client_id("copies"), scope, recent, text)
        keys = {
            (row["dedupe_key"], row["received_ms"]) for row in (_named("copies", c) for c in copies)
        }
        return [row for key, at_ms in sorted(keys)[:1] for row in self._with_key(scope, key, at_ms)]

    def _with_key(self, scope: Scope, key: str, at_ms: int) -> list[Row]:
        near = max(0, at_ms - SAME_KEY_MS), at_ms + SAME_KEY_MS
        return self._find("rows", cold_sql.by_key("rows"), scope, near, key)

    def _find(
        self, kind: Kind, tree: Any, scope: Scope, times: tuple[int, int], text: str
    ) -> list[Row]:
        return self.rows.find(kind, tree, *times, project=scope.project_id, text=text)

    def _seen(self, scope: Scope, kind: Kind, found: list[Row]) -> list[Sighting]:
        rows = [_named(kind, row) for row in found]
        return [
            Sighting(
                place=Place.COLD,
                event_id=row["event_id"],
                dedupe_key=row["dedupe_key"],
                received_ms=row["received_ms"],
                object=None if kind == "copies" else self.rows.name(Path(row[cold_sql.FILE])),
                copy_of=row.get("first_event_id"),
            )
            for row in rows
            if scope.shows(row)
        ]


def _named(kind: Kind, row: Row) -> dict[str, Any]:
    return dict(zip((*cold_sql.COLUMNS[kind], cold_sql.FILE), row, strict=True))
