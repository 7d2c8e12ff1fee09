"""The erasure store of one machine: a SQLite file. It forgets for real: freed bytes are zeroed.

A rollback journal and no write-ahead log: the latter would keep a forgotten customer until it is
next folded in, and other processes (the server, a compaction) share the file.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from threading import Lock

from openbunker.core.errors import ErasureStoreUnavailable
from openbunker.erasure.model import Erasure, waiting
from openbunker_local.sqlite import integrity

FILE = "erasures.sqlite"
BUSY_SECONDS = 5.0

_OPEN = """
PRAGMA journal_mode = DELETE;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS erasures (
    project_id TEXT NOT NULL, erasure_id TEXT NOT NULL, customer_hash TEXT NOT NULL,
    requested_ms INTEGER NOT NULL, key_id TEXT NOT NULL, customer_identifier TEXT,
    hidden_ms INTEGER, erased_ms INTEGER, PRIMARY KEY (project_id, erasure_id)
) WITHOUT ROWID;
"""
_NAMES = (
    "project_id", "erasure_id", "customer_hash", "requested_ms", "key_id", "customer_identifier",
    "hidden_ms", "erased_ms",
)  # fmt: skip
SUMMED: Mapping[str, integrity.Columns] = {"erasures": (("project_id", "erasure_id"), _NAMES)}
_ADD = """
INSERT OR IGNORE INTO erasures VALUES (
    :project_id, :erasure_id, :customer_hash, :requested_ms, :key_id, :customer_identifier,
    :hidden_ms, :erased_ms
)
"""
_PUT = _ADD.replace("OR IGNORE", "OR REPLACE")
_GET = "SELECT * FROM erasures WHERE project_id = ? AND erasure_id = ?"
_OF_PROJECT = "SELECT * FROM erasures WHERE project_id = ? ORDER BY erasure_id"
_EVERY = "SELECT * FROM erasures ORDER BY project_id, erasure_id"
_HIDDEN = (
    "UPDATE erasures SET hidden_ms = coalesce(hidden_ms, ?) WHERE project_id = ? AND erasure_id = ?"
)
_ERASED = (
    "UPDATE erasures SET erased_ms = coalesce(erased_ms, ?), customer_identifier = NULL "
    "WHERE project_id = ? AND erasure_id = ?"
)


def of_project(data: Path, project_id: str) -> Sequence[Erasure]:
    """Return the erasures of a project in a data folder. Raises ErasureStoreUnavailable."""
    file = data / FILE
    if not file.exists():
        return ()
    with closing(SqliteErasureStore(file)) as store:
        return store.of_project(project_id)


def any_waiting(data: Path) -> bool:
    """Return whether an erasure of a data folder is not done. Raises ErasureStoreUnavailable."""
    file = data / FILE
    if not file.exists():
        return False
    with closing(SqliteErasureStore(file)) as store:
        return bool(store.to_erase())


def of_file(file: Path) -> Sequence[Erasure]:
    """Return all erasures of a file, which is not written to. Raises ErasureStoreUnavailable."""
    uri = f"{file.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as kept:
            rows = kept.execute(_EVERY).fetchall()
    except sqlite3.Error as error:
        raise ErasureStoreUnavailable(f"{file}: {error}") from error
    return [Erasure(**dict(zip(_NAMES, row, strict=True))) for row in rows]


class SqliteErasureStore:
    """An ErasureStore in one file, made when there is none. Threads and processes may share it."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        try:
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            version = integrity.hold(self._connection)
            self._connection.executescript(_OPEN)
            integrity.hold_rows(self._connection, version, SUMMED)
            integrity.settle(self._connection, version)
        except sqlite3.Error as error:
            raise ErasureStoreUnavailable(f"{path}: {error}") from error

    def add(self, erasure: Erasure) -> None:
        """Keep an erasure."""
        self._run(_ADD, {name: getattr(erasure, name) for name in _NAMES})

    def put(self, erasure: Erasure) -> None:
        """Keep an erasure in place of what was there of the same one."""
        self._run(_PUT, {name: getattr(erasure, name) for name in _NAMES})

    def get(self, project_id: str, erasure_id: str) -> Erasure | None:
        """Return an erasure of a project."""
        found = self._run(_GET, (project_id, erasure_id))
        return found[0] if found else None

    def of_project(self, project_id: str) -> Sequence[Erasure]:
        """Return every erasure of a project."""
        return self._run(_OF_PROJECT, (project_id,))

    def every(self) -> Sequence[Erasure]:
        """Return every erasure of all projects."""
        return self._run(_EVERY, ())

    def to_erase(self) -> Sequence[Erasure]:
        """Return what is not erased yet, of all projects."""
        return waiting(self.every())

    def mark_hidden(self, erasure: Erasure, at_ms: int) -> None:
        """Keep the time at which it was hidden."""
        self._run(_HIDDEN, (at_ms, erasure.project_id, erasure.erasure_id))

    def mark_erased(self, erasure: Erasure, at_ms: int) -> None:
        """Keep the time at which the rows were gone; forget the customer."""
        self._run(_ERASED, (at_ms, erasure.project_id, erasure.erasure_id))

    def close(self) -> None:
        """Close the file; later calls raise ErasureStoreUnavailable."""
        with self._lock:
            self._connection.close()

    def _run(self, text: str, values: tuple[object, ...] | dict[str, object]) -> list[Erasure]:
        try:
            with self._lock:
                rows = self._connection.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise ErasureStoreUnavailable(str(error)) from error
        return [Erasure(**dict(zip(_NAMES, row, strict=True))) for row in rows]
