"""DuckDB over delivered objects and cold files: the query engine of one machine.

Reads DATA/hot, DATA/cold and DATA/refused. Which files is `lake_files`; holds no SQL of questions,
the text comes from `rendering`.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb
from sqlglot import exp

from openbunker.core.errors import StoreDamaged
from openbunker.query.engine import Statement, Steps, Table
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.scope import EVENTS, REFUSED
from openbunker_local.cold.checksums import Checksums
from openbunker_local.lake import asking, faults, pages
from openbunker_local.lake import limits as query_limits
from openbunker_local.lake.databases import Databases
from openbunker_local.lake.files import Files, LakeFiles, places
from openbunker_local.lake.heavy.children import Children
from openbunker_local.lake.heavy.weight import is_heavy
from openbunker_local.lake.lanes import Lanes, TooHeavy, Turn

# How often the files are listed anew when one was taken away while it was being read.
ATTEMPTS = 5

DAMAGED = "Stored files are damaged and left out; whoever runs this server finds them in its log."


class DuckLake:
    """An Engine over a data folder. Safe to use from several threads.

    `spill` is a folder of its own for each process. `fresh_to_ms` says up to which arrival time
    everything is delivered; it is asked before the objects are listed, so that the answer never
    claims more than it has seen. With `whole` a damaged file fails the answer, where it would be
    left out and counted in it. Heavy questions run in so many `processes`, started when they are
    needed; without any, all questions run in this one.
    """

    def __init__(
        self,
        data: Path,
        fresh_to_ms: Callable[[], int],
        *,
        refused_fresh_to_ms: Callable[[], int] | None = None,
        spill: Path | None = None,
        writes: Path | None = None,
        checksums: Checksums | None = None,
        whole: bool = False,
        processes: int = 0,
    ) -> None:
        self.files = LakeFiles(data, checksums)
        self._fresh_to_ms = {EVENTS: fresh_to_ms, REFUSED: refused_fresh_to_ms or fresh_to_ms}
        spill = spill or data.resolve() / "query-spill"
        folders = [*places(data), *([writes] if writes else [])]
        self.own = Databases(folders, spill, writes=writes is not None)
        children = Children(places(data), spill) if processes else None
        seconds = query_limits.EXPORT_SECONDS if writes else None
        self.lanes = Lanes(self.own, children, processes, seconds=seconds)
        self._suspects = faults.Suspects(self._read)
        self._only_whole = whole

    @classmethod
    def for_export(cls, data: Path, spill: Path, writes: Path) -> "DuckLake":
        """Return a lake that also writes files into a folder, and takes its time."""
        return cls(data, lambda: 0, spill=spill, writes=writes, whole=True)

    def run(self, statement: Statement) -> Table:
        """Return the rows of a statement. Raises QueryUnavailable when DuckDB or the disk fails."""
        until = self.lanes.until()
        looked = self._look(statement)  # what was never read is read now: in nobody's turn
        if not (self.lanes.has_heavy and is_heavy(statement, looked[1])):
            with suppress(TooHeavy):
                return self._in_turn(statement, looked, until, heavy=False)
        return self._in_turn(statement, looked, until, heavy=True)

    def drain(self) -> None:
        """Answer heavy questions no more, and end those under way: they may be asked again."""
        self.lanes.drain()

    def close(self) -> None:
        """End what runs, and close the databases. A question after that is a bug."""
        self.lanes.close()
        self.own.close()

    def _look(self, statement: Statement) -> tuple[int, Files]:
        fresh_to_ms = self._fresh_to_ms[statement.table]()
        return fresh_to_ms, self.files.of(statement)

    def _in_turn(
        self, statement: Statement, looked: tuple[int, Files], until: float, *, heavy: bool
    ) -> Table:
        with self.lanes.turn(statement.asked_by, until, heavy=heavy) as turn:
            for attempt in range(ATTEMPTS):
                if turn.waited or attempt:
                    looked = self._look(statement)
                fresh_to_ms, files = looked
                try:
                    if statement.steps:
                        return self._page(statement.steps, files, fresh_to_ms, turn)
                    return self._ask(statement, files, fresh_to_ms, turn)
                except duckdb.Error as error:
                    taken_away = any(not Path(file).exists() for file in files.paths)
                    again = taken_away or self._suspects.any_damaged(self.files, files, error)
                    if not again or attempt == ATTEMPTS - 1:
                        raise faults.meant(error, self.files.data) from error
        raise AssertionError("the loop returns or raises")

    def _read(self, path: str) -> None:
        """Read all of a cold file. Raises duckdb.Error."""
        self.own.run(asking.all_of(path), query_limits.SECONDS)

    def _page(self, steps: Steps, files: Files, fresh_to_ms: int, turn: Turn) -> Table:
        damaged = set(files.damaged)

        def ask(statement: Statement, some: Files) -> Table:
            some = self.files.whole(some)
            damaged.update(some.damaged)
            return self._ask(statement, some, fresh_to_ms, turn, measured=False)

        table = pages.page(steps, files, ask)
        return replace(table, incomplete=_lacks(damaged))

    def _ask(
        self,
        statement: Statement,
        files: Files,
        fresh_to_ms: int,
        turn: Turn,
        *,
        measured: bool = True,
    ) -> Table:
        """Return the rows of a statement; `measured` unless it bounds its texts itself."""
        if files.damaged and self._only_whole:
            raise StoreDamaged(f"damaged files: {self.files.checksums.damaged()}")
        found = turn.run(asking.asked(statement, files, measured=measured))
        if isinstance(statement.tree, exp.Copy):
            return Table((), (), fresh_to_ms)
        return Table(found.names, found.rows, fresh_to_ms, _lacks(files.damaged), found.types)


def _lacks(damaged: Collection[str]) -> list[Lack]:
    return [Lack(Missing.DAMAGED, len(damaged), DAMAGED)] if damaged else []
