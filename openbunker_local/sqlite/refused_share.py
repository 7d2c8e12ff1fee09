"""How much of the disk each project fills with what was refused of it, by day of arrival.

A SQLite file of its own, so that no key waits for it. Counts bytes of rows before compression; rows
from before the file was made are in no count.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from openbunker.core import layout
from openbunker_local.sqlite import integrity
from openbunker_local.tasks import task

FILE = "refused.sqlite"
# What is due (over a quota) finds room where a sender's mistakes have filled all that they may.
MISTAKES_PART = 2

# NORMAL: what a power cut takes away of the counts is little.
_OPEN = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS kept (
    project_id TEXT, day TEXT, bytes INTEGER, PRIMARY KEY (project_id, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS began (one INTEGER PRIMARY KEY CHECK (one = 1), at_ms INTEGER);
"""
_ADD = (
    "INSERT INTO kept VALUES (?, ?, ?)"
    " ON CONFLICT (project_id, day) DO UPDATE SET bytes = bytes + excluded.bytes"
)


class RefusedShare:
    """A Share in DATA/refused.sqlite, made when there is none. Threads may share it.

    `most` is what one project may fill, in bytes. `began_ms` is when the file was made. One that
    is damaged is set aside, which `tell` is told, and begun anew: for counts no event waits.
    Raises OSError for a file that cannot be used.
    """

    def __init__(
        self,
        data: Path,
        most: int,
        now_ms: Callable[[], int],
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._most = most
        self._now_ms = now_ms
        self._lock = Lock()
        try:
            self._connection = integrity.open_or_begin(
                data / FILE, self._open, tell, "its counts begin anew"
            )
        except sqlite3.Error as error:
            raise OSError(f"{FILE}: {error}") from error

    def _open(self, connection: sqlite3.Connection) -> None:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        connection.executescript(_OPEN)
        connection.execute("INSERT OR IGNORE INTO began VALUES (1, ?)", (self._now_ms(),))
        (self.began_ms,) = connection.execute("SELECT at_ms FROM began").fetchone()
        self._filled = _read(connection)

    def has_room(self, project_id: str, size: int, *, due: bool) -> bool:
        """Return whether so many bytes more may be kept of a project."""
        most = self._most if due else self._most // MISTAKES_PART
        return self._filled[project_id] + size <= most

    def add(self, project_id: str, size: int) -> None:
        """Count bytes that were kept; of a file that fails, until the end of the process."""
        task.aside(lambda: self._add(project_id, size))

    def _add(self, project_id: str, size: int) -> None:
        with self._lock:
            self._filled[project_id] += size
            with suppress(sqlite3.Error):
                day = layout.day(self._now_ms())
                self._connection.execute(_ADD, (project_id, day, size))

    def forget(self, day: str) -> None:
        """Count the days before this one no more. Raises OSError when the file fails."""
        with self._lock:
            try:
                self._connection.execute("DELETE FROM kept WHERE day < ?", (day,))
                self._filled = _read(self._connection)
            except sqlite3.Error as error:
                raise OSError(f"{FILE}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _read(connection: sqlite3.Connection) -> Counter[str]:
    rows = connection.execute("SELECT project_id, sum(bytes) FROM kept GROUP BY 1")
    return Counter(dict(rows.fetchall()))
