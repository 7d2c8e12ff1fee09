"""The store of counts of one machine: a SQLite file of its own, so that no key waits for it."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from openbunker.usage.model import Line, UsageUnavailable, Use
from openbunker_local.sqlite import integrity

FILE = "usage.sqlite"

# NORMAL: what a power cut takes away is counted again.
_OPEN = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS lines (
    project_id TEXT, day TEXT, dialect TEXT, events INTEGER, bytes INTEGER,
    PRIMARY KEY (project_id, day, dialect)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uses (
    project_id TEXT, key_id TEXT, hour_ms INTEGER, PRIMARY KEY (project_id, key_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counted (one INTEGER PRIMARY KEY CHECK (one = 1), at_ms INTEGER);
"""
_LINES: integrity.Table = (
    "lines",
    (("project_id", "day", "dialect"), ("project_id", "day", "dialect", "events", "bytes")),
)
_USES: integrity.Table = (
    "uses",
    (("project_id", "key_id"), ("project_id", "key_id", "hour_ms")),
)
SUMMED: Mapping[str, integrity.Columns] = dict((_LINES, _USES))
_DAYS, _ORDER = "WHERE day BETWEEN ? AND ?", "ORDER BY project_id, day, dialect"


class SqliteUsageStore:
    """A UsageStore in DATA/usage.sqlite, made when there is none. Threads may share it.

    Rows are compared with their sums as they are read: a start does not wait for all of them.
    Where somebody can be told (`tell`) a file that is damaged is set aside and begun anew: for
    counts no event waits, and they can be made again. Raises UsageUnavailable, OSError.
    """

    def __init__(self, data: Path, tell: Callable[[str], None] | None = None) -> None:
        self._lock = Lock()
        with self._failing():
            self._connection = integrity.open_or_begin(
                data / FILE, _open, tell, "all days are counted anew"
            )

    def put(self, lines: Sequence[Line], uses: Sequence[Use], counted_ms: int) -> None:
        """Keep counts, all of them or none."""
        rows = [(one.project_id, one.day, one.dialect, one.events, one.bytes) for one in lines]
        used = [(use.project_id, use.key_id, use.hour_ms) for use in uses]
        with self._failing():
            self._connection.execute("BEGIN IMMEDIATE")
            # Left open by an error, the transaction would be the next one's: it ends either way.
            with self._connection:
                put = self._connection.executemany
                put("INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?)", rows)
                put("INSERT OR REPLACE INTO uses VALUES (?, ?, ?)", used)
                put("INSERT OR REPLACE INTO counted VALUES (1, ?)", [(counted_ms,)])

    def of_project(self, project_id: str, from_day: str, to_day: str) -> list[Line]:
        """Return the lines of a project."""
        return self._lines(f"{_DAYS} AND project_id = ? {_ORDER}", (from_day, to_day, project_id))

    def of_all(self, from_day: str, to_day: str) -> list[Line]:
        """Return the lines of all projects, by project."""
        return self._lines(f"{_DAYS} {_ORDER}", (from_day, to_day))

    def last_used(self, project_id: str) -> Mapping[str, int]:
        """Return the hour of each key of a project."""
        with self._failing():
            found = integrity.rows(self._connection, _USES, "WHERE project_id = ?", (project_id,))
        return {key_id: hour_ms for _, key_id, hour_ms in found}

    def counted_ms(self) -> int | None:
        """Return when the last counting began."""
        with self._failing():
            row = self._connection.execute("SELECT at_ms FROM counted").fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Close the file; later calls raise UsageUnavailable."""
        with self._lock:
            self._connection.close()

    def _lines(self, rest: str, values: tuple[str, ...]) -> list[Line]:
        with self._failing():
            rows = integrity.rows(self._connection, _LINES, rest, values)
        names = ("project_id", "day", "dialect", "events", "bytes")
        return [Line(**dict(zip(names, row, strict=True))) for row in rows]

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Take the file's turn, and say in our words that it failed."""
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise UsageUnavailable(str(error)) from error


def _open(connection: sqlite3.Connection) -> None:
    version = integrity.hold(connection)
    connection.executescript(_OPEN)
    integrity.keep_sums(connection, SUMMED)
    integrity.settle(connection, version)
