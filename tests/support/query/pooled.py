"""What is dear to start and holds nothing between two uses: a lake, and plain DuckDB.

Starting a DuckDB takes longer than most questions of a test. Each use finds an empty folder, or a
schema of its own, so no test can see what another one left.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from weakref import finalize

import duckdb

from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.files import PLACES, LakeFiles
from tests.support.query.lake import NOW_MS
from tests.support.query.macros import MACROS

_free: list[tuple[Path, DuckLake]] = []
_numbers = count()


@contextmanager
def lake() -> Iterator[tuple[Path, DuckLake]]:
    """Lend an empty data folder and the lake over it, fresh to the tests' present."""
    folder, found = _free.pop() if _free else _new()
    found.files = LakeFiles(folder)  # knows no manifest yet
    try:
        yield folder, found
    finally:
        for place in PLACES:
            shutil.rmtree(folder / place, ignore_errors=True)
        _free.append((folder, found))


def _new() -> tuple[Path, DuckLake]:
    folder = TemporaryDirectory()
    found = DuckLake(Path(folder.name), lambda: NOW_MS)
    finalize(found, folder.cleanup)
    return Path(folder.name), found


@cache
def _plain() -> duckdb.DuckDBPyConnection:
    # A few rows each: a second thread would only be woken, and plans are not worth bettering.
    connection = duckdb.connect(
        ":memory:", config={"enable_external_file_cache": False, "threads": 1}
    )
    connection.execute(MACROS)
    return connection


def database(owner: object) -> duckdb.DuckDBPyConnection:
    """Return a connection to an empty schema, which goes with its owner. It knows the macros."""
    connection, schema = _plain().cursor(), f"schema_{next(_numbers)}"
    connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute(f"SET search_path = '{schema},main'")
    connection.execute("PRAGMA disable_optimizer")
    finalize(owner, _drop, schema)
    return connection


def _drop(schema: str) -> None:
    with _plain().cursor() as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def reader() -> duckdb.DuckDBPyConnection:
    """Return a connection that reads files and keeps nothing but temporary tables."""
    return _plain().cursor()
