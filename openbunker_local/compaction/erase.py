"""Removes the rows of erased customers from a data folder for good: cold files and all objects.

Runs before each compaction, under its lock. An erasure is done once no file of the folder can hold
a row of it any more; until then it stays hidden, and the next run goes on. Crash-safe: ids are
noted before their rows go, and whatever was done twice is the same as once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openbunker.core import ids
from openbunker.erasure.model import Erasure, ErasureStore
from openbunker_local.cold.manifest import ColdFile, Manifest
from openbunker_local.compaction import erase_objects
from openbunker_local.compaction import erase_trees as erasing
from openbunker_local.compaction.checked import Checked
from openbunker_local.compaction.run import commit, opened_manifest, working
from openbunker_local.compaction.sweep import sweep
from openbunker_local.compaction.writer import Writer
from openbunker_local.stream.disk import Disk

# A request that was being answered when the erasure was asked for has ended by then.
SETTLE_MS = 30_000
_KINDS = ("rows", "copies")


@dataclass(slots=True)
class Outcome:
    """What a run did: the erasures that are done, how many rows went, and what holds up others."""

    done: list[Erasure] = field(default_factory=list)
    rows: int = 0
    held_up: list[str] = field(default_factory=list)


def erase(
    data: Path,
    store: ErasureStore,
    now_ms: Callable[[], int],
    *,
    disk: Disk | None = None,
    new_id: Callable[[int], str] = ids.new_id,
) -> Outcome:
    """Remove the rows of all erasures that wait, and mark those that are done.

    Raises FolderInUse, ManifestUnreadable, OSError, duckdb.Error and ErasureStoreUnavailable; the
    next run goes on.
    """
    data, disk, started_ms = data.resolve(), disk or Disk(), now_ms()
    wanted = list(store.to_erase())
    outcome = Outcome()
    if not wanted:
        return outcome
    # First: a row that leaves these places meanwhile is in an object by the time we look there.
    underway = erase_objects.underway(data, wanted)
    with working(data, disk, lambda: new_id(now_ms())) as writer:
        run = _Run(writer, wanted, outcome)
        run.objects()
        run.cold()
    unread = bool(outcome.held_up)  # an object that nobody could look into may be anybody's
    for one in wanted:
        if one.requested_ms + SETTLE_MS > started_ms:
            outcome.held_up.append("requests of its time may still be running")
        elif one.erasure_id in underway:
            outcome.held_up.append("rows wait to be delivered")
        elif not unread:
            store.mark_erased(one, now_ms())
            outcome.done.append(one)
    return outcome


class _Run:
    def __init__(self, writer: Writer, wanted: Sequence[Erasure], outcome: Outcome) -> None:
        self._writer = writer
        self._wanted = wanted
        self._outcome = outcome
        self._damaged: dict[str, str] = {}
        self._checked = Checked(writer, self._damaged)
        self._manifest = opened_manifest(
            writer, self._checked
        )  # what is cold already is no object any more

    def objects(self) -> None:
        """Write objects anew without the rows; note the ids of events first."""
        data = self._writer.data
        hot = erase_objects.hers(data, self._wanted, self._outcome.held_up)
        gone = [row for sifted in hot.values() for _, row in sifted.gone]
        if gone:
            self._replace([], [self._noted(gone)])
        for path, sifted in hot.items():
            erase_objects.rewrite(data, path, sifted, self._writer.disk)
        refused = erase_objects.refused_hers(data, self._wanted, self._outcome.held_up)
        for path, sifted in refused.items():
            erase_objects.rewrite(data, path, sifted, self._writer.disk)
        erase_objects.blank_damaged(data, self._wanted, self._writer.disk)
        self._outcome.rows += len(gone) + sum(len(one.gone) for one in refused.values())

    def cold(self) -> None:
        """Write cold files anew without the rows, commit that, and remove the old ones."""
        self._writer.database.run(
            erasing.whose(),
            projects=[one.project_id for one in self._wanted],
            columns=[one.column for one in self._wanted],
            identifiers=[one.customer_identifier for one in self._wanted],
            untils=[one.requested_ms for one in self._wanted],
        )
        for file in self._manifest.files:
            if file.kind not in _KINDS:
                continue
            if not self._checked.whole([file]):
                self._outcome.held_up.append(f"{file.path}: {self._damaged[file.path]}")
            elif rows := self._count(file):
                self._without(file)
                self._outcome.rows += rows
        self._manifest = sweep(
            self._writer.data, self._manifest, self._writer.disk, self._checked.whole
        )

    def _count(self, file: ColdFile) -> int:
        ((found,),) = self._writer.database.run(erasing.count(file.kind), **self._files(file))
        return int(found)

    def _without(self, file: ColdFile) -> None:
        write, files = self._writer.write, self._files(file)
        kept = write(file.kind, file.day, erasing.kept(file.kind), files)
        noted = write("erased", "", erasing.gone(file.kind), files)
        self._replace([file], [kept, noted])

    def _noted(self, rows: Sequence[Any]) -> ColdFile | None:
        return self._writer.write(
            "erased",
            "",
            erasing.ids(),
            {
                "projects": [row["project_id"] for row in rows],
                "ids": [row["event_id"] for row in rows],
                "times": [row["received_ms"] for row in rows],
            },
        )

    def _replace(self, gone: Sequence[ColdFile], new: Sequence[ColdFile | None]) -> Manifest:
        written = [file for file in new if file]
        self._manifest = commit(self._writer, self._manifest, gone, written)
        return self._manifest

    def _files(self, file: ColdFile) -> dict[str, list[str]]:
        return {"files": [str(self._writer.data / file.path)]}
