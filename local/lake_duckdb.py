"""DuckDB over the delivered objects: the query engine of one machine.

Reads DATA/hot and DATA/refused and nothing else: no extension, no other file, no configuration by
statement. Holds no SQL of questions; the text comes from `openbunker.query.rendering`.
"""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
from sqlglot import exp

from openbunker import layout
from openbunker.errors import QueryUnavailable
from openbunker.query import rendering
from openbunker.query.columns import COLUMNS, PROPERTIES, REFUSED_COLUMNS, Kind
from openbunker.query.engine import Statement, Table
from openbunker.query.scope import EVENTS, REFUSED
from openbunker.records import MAX_RECORD_BYTES

# With these a question over a million events fits beside the server in the memory it promises
# (tests/integration/test_query_memory.py). Each thread takes 32 MiB buffers, whatever the size of
# the objects: a second one leaves so little for the rest that wide groups no longer fit.
THREADS = 1
MEMORY_LIMIT = "128MB"
# One question at a time: each has the whole memory, and a core stays for the events.
WAIT_SECONDS = 30.0
# How often a listing is repeated when an object was taken away while it was being read.
ATTEMPTS = 3

_TYPES = {Kind.TEXT: "VARCHAR", Kind.INTEGER: "BIGINT", Kind.NUMBER: "DOUBLE"}
_COLUMNS = {
    EVENTS: {name: _TYPES[kind] for name, kind in COLUMNS.items()} | {PROPERTIES: "VARCHAR"},
    REFUSED: {name: _TYPES[kind] for name, kind in REFUSED_COLUMNS.items()},
}
_PLACES = {EVENTS: layout.HOT, REFUSED: layout.REFUSED}
# Faults of the machine and of the data. What DuckDB calls a wrong statement is a bug of ours.
_FAULTS = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.InterruptException)


class DuckLake:
    """An Engine over DATA/hot and DATA/refused. Safe to use from several threads.

    `spill` is a folder of its own for each process. `fresh_to_ms` says up to which arrival time
    everything is delivered; it is asked before the objects are listed, so that the answer never
    claims more than it has seen.
    """

    def __init__(
        self,
        data: Path,
        fresh_to_ms: Callable[[], int],
        *,
        refused_fresh_to_ms: Callable[[], int] | None = None,
        spill: Path | None = None,
    ) -> None:
        self._data = data.resolve()
        self._fresh_to_ms = {EVENTS: fresh_to_ms, REFUSED: refused_fresh_to_ms or fresh_to_ms}
        self._turn = threading.BoundedSemaphore(1)
        self._database = _locked_down(self._data, spill or self._data / "query-spill")

    def run(self, statement: Statement) -> Table:
        """Return the rows of a statement. Raises QueryUnavailable when DuckDB or the disk fails."""
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise QueryUnavailable(f"other questions took more than {WAIT_SECONDS:.0f} s")
        try:
            return self._run(statement)
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close the database. A question after that is a bug."""
        self._database.close()

    def _run(self, statement: Statement) -> Table:
        for attempt in range(ATTEMPTS):
            fresh_to_ms = self._fresh_to_ms[statement.table]()
            files = self._files(statement)
            try:
                return self._ask(statement, files, fresh_to_ms)
            except _FAULTS as error:
                taken_away = any(not Path(file).exists() for file in files)
                if not taken_away or attempt == ATTEMPTS - 1:
                    raise QueryUnavailable(str(error)) from error
        raise AssertionError("the loop returns or raises")

    def _ask(self, statement: Statement, files: list[str], fresh_to_ms: int) -> Table:
        text, parameters = rendering.duckdb(
            statement, (_objects if files else _nothing)(statement.table)
        )
        values: dict[str, object] = {**parameters}
        if files:
            values |= {"files": files, "columns": _needed(statement)}
        with self._database.cursor() as cursor:
            cursor.execute(text, values)
            names = [column[0] for column in cursor.description or ()]
            return Table(names, cursor.fetchall(), fresh_to_ms)

    def _files(self, statement: Statement) -> list[str]:
        """Return the objects whose minute of arrival is within the two times, in their order."""
        first_day, first_minute = _partition(statement.from_ms)
        last_day, last_minute = _partition(statement.to_ms)
        place = self._data / _PLACES[statement.table]
        return [
            file.path
            for day in _children(place, first_day, last_day)
            for minute in _children(
                day.path,
                first_minute if day.name == first_day else "",
                last_minute if day.name == last_day else "hm=~",
            )
            for file in _children(minute.path, "", "~")
            if file.name.endswith(layout.SUFFIX)  # an object that is being written ends otherwise
        ]


def _partition(at_ms: int) -> tuple[str, str]:
    """Return the names of the two folders, day and minute, of an arrival time."""
    _, day, minute, _ = layout.hot_prefix(at_ms).split("/")
    return day, minute


def _children(folder: str | Path, first: str, last: str) -> list[os.DirEntry[str]]:
    """Return a folder's entries from one name to another, sorted; none when it is not there."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if first <= entry.name <= last]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise QueryUnavailable(f"the delivered objects cannot be listed: {error}") from error
    return sorted(found, key=lambda entry: entry.name)


def _needed(statement: Statement) -> dict[str, str]:
    """Return the columns that a statement names: each declared one costs time in every object."""
    named = {column.name for column in statement.tree.find_all(exp.Column)}
    columns = _COLUMNS[statement.table]
    return {name: kind for name, kind in columns.items() if name in named}


def _objects(table: str) -> exp.Subquery:
    """Return the rows of the listed objects. Unknown keys are ignored, missing ones are null.

    A line that is not JSON becomes a row without a project, which no question sees.
    """
    options = {
        "columns": exp.Placeholder(this="columns"),
        "format": exp.Literal.string("newline_delimited"),
        "compression": exp.Literal.string("gzip"),
        "maximum_object_size": exp.Literal.number(MAX_RECORD_BYTES),
        "ignore_errors": exp.true(),
    }
    named = [exp.EQ(this=exp.to_identifier(name), expression=it) for name, it in options.items()]
    read = exp.Anonymous(this="read_json", expressions=[exp.Placeholder(this="files"), *named])
    return exp.select("*").from_(read).subquery(table)


def _nothing(table: str) -> exp.Subquery:
    """Return a table of no rows with the columns of the objects."""
    columns = [exp.cast(exp.null(), kind).as_(name) for name, kind in _COLUMNS[table].items()]
    return exp.select(*columns).where(exp.false()).subquery(table)


def _locked_down(data: Path, spill: Path) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that can read the objects and spill, and nothing else."""
    shutil.rmtree(spill, ignore_errors=True)  # what a killed process left behind
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS,
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
    }
    database = duckdb.connect(":memory:", config=settings)
    places = exp.array(*(exp.Literal.string(str(data / place)) for place in _PLACES.values()))
    database.execute(f"SET allowed_directories = {places.sql('duckdb')}")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database
