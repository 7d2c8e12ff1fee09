"""DuckDB over delivered objects and cold files: the query engine of one machine.

Reads DATA/hot, DATA/cold and DATA/refused. Which files is `lake_files`; holds no SQL of questions,
the text comes from `rendering`.
"""

import shutil
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import duckdb
from sqlglot import exp

from openbunker.core.errors import QueryUnavailable, StoreDamaged
from openbunker.core.records import MAX_RECORD_BYTES
from openbunker.query import tables
from openbunker.query.engine import Statement, Steps, Table
from openbunker.query.incomplete import Lack, Missing
from openbunker.query.question.columns import Kind
from openbunker.query.scope import COLD, COLD_KEYS, EVENTS, KEY_HASH, OBJECT, REFUSED
from openbunker_local.cold import lookup_trees as cold_trees
from openbunker_local.cold.checksums import Checksums
from openbunker_local.cold.connection import locked_down
from openbunker_local.lake import faults, pages, rendering
from openbunker_local.lake import limits as query_limits
from openbunker_local.lake.files import PLACES, Files, LakeFiles

# With these a question over a million events fits beside the server in the memory it promises
# (tests/integration/test_query_memory.py). To read objects, each thread takes several buffers of
# 32 MiB, whatever their size: with a second one, wide groups no longer fit. Cold files need no
# such buffers, so a question that reads these alone has both cores.
OBJECT_THREADS, COLD_THREADS = 1, 2
MEMORY_LIMIT = "128MB"
# An export is a process of its own, and holds what it writes as well.
EXPORT_MEMORY_LIMIT = "208MB"
# One question at a time: each has the whole memory.
WAIT_SECONDS = 30.0
# How often the files are listed anew when one was taken away while it was being read.
ATTEMPTS = 5

DAMAGED = "Stored files are damaged and left out; whoever runs this server finds them in its log."

_TYPES = {Kind.TEXT: "VARCHAR", Kind.INTEGER: "BIGINT", Kind.NUMBER: "DOUBLE"}


class DuckLake:
    """An Engine over a data folder. Safe to use from several threads.

    `spill` is a folder of its own for each process. `fresh_to_ms` says up to which arrival time
    everything is delivered; it is asked before the objects are listed, so that the answer never
    claims more than it has seen. With `whole` a damaged file fails the answer, where it would be
    left out and counted in it.
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
    ) -> None:
        self.files = LakeFiles(data, checksums)
        self._fresh_to_ms = {EVENTS: fresh_to_ms, REFUSED: refused_fresh_to_ms or fresh_to_ms}
        self._turn = threading.BoundedSemaphore(1)
        self._spill = spill or data.resolve() / "query-spill"
        shutil.rmtree(self._spill, ignore_errors=True)  # what a killed process left behind
        self._spill.mkdir(parents=True)  # DuckDB makes folders, but not their parents
        places = [data.resolve() / place for place in PLACES] + ([writes] if writes else [])
        memory = EXPORT_MEMORY_LIMIT if writes else MEMORY_LIMIT
        self._over_objects = _database(places, OBJECT_THREADS, memory, self._spill / "objects")
        self._over_cold = (  # each thread that writes holds a row group
            self._over_objects
            if writes
            else _database(places, COLD_THREADS, memory, self._spill / "cold")
        )
        self._suspects = faults.Suspects(self._read)
        self._only_whole = whole
        self._seconds = query_limits.EXPORT_SECONDS if writes else None

    @classmethod
    def for_export(cls, data: Path, spill: Path, writes: Path) -> "DuckLake":
        """Return a lake that also writes files into a folder, and takes its time."""
        return cls(data, lambda: 0, spill=spill, writes=writes, whole=True)

    def run(self, statement: Statement) -> Table:
        """Return the rows of a statement. Raises QueryUnavailable when DuckDB or the disk fails."""
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise QueryUnavailable(f"other questions took more than {WAIT_SECONDS:.0f} s")
        try:
            return self._run(statement)
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close the databases. A question after that is a bug."""
        with ExitStack() as both:
            both.callback(shutil.rmtree, self._spill, ignore_errors=True)
            both.callback(self._over_objects.close)
            both.callback(self._over_cold.close)

    def _run(self, statement: Statement) -> Table:
        for attempt in range(ATTEMPTS):
            fresh_to_ms = self._fresh_to_ms[statement.table]()
            files = self.files.of(statement)
            try:
                if statement.steps:
                    return self._page(statement.steps, files, fresh_to_ms)
                return self._ask(statement, files, fresh_to_ms)
            except duckdb.Error as error:
                taken_away = any(not Path(file).exists() for file in files.paths)
                again = taken_away or self._suspects.any_damaged(self.files, files, error)
                if not again or attempt == ATTEMPTS - 1:
                    raise faults.meant(error, self.files.data) from error
        raise AssertionError("the loop returns or raises")

    def _read(self, path: str) -> None:
        """Read all of a cold file. Raises duckdb.Error."""
        with self._over_cold.cursor() as cursor, query_limits.in_time(cursor, self._seconds):
            cursor.execute(cold_trees.all_of().sql("duckdb"), {"files": [path]}).fetchall()

    def _page(self, steps: Steps, files: Files, fresh_to_ms: int) -> Table:
        damaged = set(files.damaged)

        def ask(statement: Statement, some: Files) -> Table:
            some = self.files.whole(some)
            damaged.update(some.damaged)
            return self._ask(statement, some, fresh_to_ms, measured=False)

        table = pages.page(steps, files, ask)
        return replace(table, incomplete=_lacks(damaged))

    def _ask(
        self, statement: Statement, files: Files, fresh_to_ms: int, *, measured: bool = True
    ) -> Table:
        """Return the rows of a statement; `measured` unless it bounds its texts itself."""
        if files.damaged and self._only_whole:
            raise StoreDamaged(f"damaged files: {self.files.checksums.damaged()}")
        hot = (_objects if files.hot else _nothing)(statement)
        cold = [
            _cold_files(name, needs_object=OBJECT in tables.named(statement.tree))
            if named
            else tables.nothing(name, exp.DType.UBIGINT)
            for name, named in ((COLD, files.cold), (COLD_KEYS, files.known))
        ]
        text, parameters = rendering.duckdb(statement, hot, *cold)
        values: dict[str, object] = {**parameters}
        if files.hot:
            values |= {"files": files.hot, "columns": _needed(statement)}
        if files.cold:
            values[COLD] = files.paths_of(files.cold)
        if files.known:
            values[COLD_KEYS] = files.paths_of(files.known)
        database = self._over_objects if files.hot else self._over_cold
        with database.cursor() as cursor, query_limits.in_time(cursor, self._seconds):
            if isinstance(statement.tree, exp.Copy):
                cursor.execute(text, values)
                return Table((), (), fresh_to_ms)
            take = query_limits.answered if measured else query_limits.fetched
            found = take(cursor, text, values)
            return Table(found.names, found.rows, fresh_to_ms, _lacks(files.damaged), found.types)


def _database(
    places: Sequence[Path], threads: int, memory: str, spill: Path
) -> duckdb.DuckDBPyConnection:
    most = query_limits.MAX_SPILL
    return locked_down(places, threads=threads, memory=memory, spill=spill, most_spill=most)


def _lacks(damaged: Collection[str]) -> list[Lack]:
    return [Lack(Missing.DAMAGED, len(damaged), DAMAGED)] if damaged else []


def _needed(statement: Statement) -> dict[str, str]:
    """Return the columns that a statement names: each declared one costs time in every object."""
    named = tables.named(statement.tree)
    columns = tables.COLUMNS_OF[statement.table]
    return {name: _TYPES[kind] for name, kind in columns.items() if name in named}


def _objects(statement: Statement) -> exp.Subquery:
    """Return the rows of the listed objects. Unknown keys are ignored, missing ones are null.

    A line that is not JSON becomes a row without a project, which no question sees.
    """
    read = _read(
        "read_json",
        "files",
        columns=exp.Placeholder(this="columns"),
        format=exp.Literal.string("newline_delimited"),
        compression=exp.Literal.string("gzip"),
        maximum_object_size=exp.Literal.number(MAX_RECORD_BYTES),
        ignore_errors=exp.true(),
        filename=exp.true(),
    )
    named = tables.named(statement.tree)
    more: dict[str, exp.Expr] = {
        KEY_HASH: exp.func("md5_number_lower", exp.column("dedupe_key")),
        OBJECT: exp.column("filename"),
    }
    columns = [value.as_(name) for name, value in more.items() if name in named]
    return exp.select("*", *columns).from_(read).subquery(statement.table)


def _nothing(statement: Statement) -> exp.Subquery:
    return tables.nothing(statement.table, exp.DType.UBIGINT)


def _cold_files(table: str, *, needs_object: bool) -> exp.Subquery:
    """Return the rows of the cold files; a column that older ones do not have is null in them.

    They come from no object.
    """
    by_name, folders = {"union_by_name": exp.true()}, {"hive_partitioning": exp.false()}
    read = _read("read_parquet", table, **by_name, **folders)
    none = [exp.cast(exp.null(), exp.DType.TEXT).as_(OBJECT)] if needs_object else []
    return exp.select("*", *none).from_(read).subquery(table)


def _read(function: str, parameter: str, **options: exp.Expression) -> exp.Anonymous:
    named = [exp.EQ(this=exp.to_identifier(name), expression=it) for name, it in options.items()]
    return exp.Anonymous(this=function, expressions=[exp.Placeholder(this=parameter), *named])
