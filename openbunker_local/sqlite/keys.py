"""The key store of one machine: a SQLite file of items by hash. No key text is ever in it."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from openbunker.core.errors import KeyStoreUnavailable
from openbunker.keys.items import ACTIVE, to_item, to_key
from openbunker.keys.model import Key
from openbunker.keys.projects import ProjectState, item_name, to_state
from openbunker_local.sqlite import integrity
from openbunker_local.tasks import task

BUSY_SECONDS = 1.0

# WAL: readers go on while a key is added. FULL: an added key outlives a power cut.
_OPEN = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS keys (key_hash TEXT PRIMARY KEY, item TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tenants (
  partition TEXT NOT NULL, sort TEXT NOT NULL, version INTEGER NOT NULL, item TEXT NOT NULL,
  PRIMARY KEY (partition, sort)
) WITHOUT ROWID;
"""
KEYS: integrity.Table = ("keys", (("key_hash",), ("key_hash", "item")))
TENANTS: integrity.Table = (
    "tenants",
    (("partition", "sort"), ("partition", "sort", "version", "item")),
)
SUMMED: Mapping[str, integrity.Columns] = dict((KEYS, TENANTS))
_ADD = "INSERT OR REPLACE INTO keys (key_hash, item) VALUES (?, ?)"
# json_patch (RFC 7396): null removes a member. One statement, so that no change is lost.
_CHANGE = """
INSERT INTO keys (key_hash, item) VALUES (?, json_patch('{}', ?))
ON CONFLICT (key_hash) DO UPDATE SET item = json_patch(item, ?)
"""


def open_keys(path: Path, *, held: bool = False) -> sqlite3.Connection:
    """Return a connection to a key file, made when there is none. Raises KeyStoreUnavailable.

    Management's table lies in it as well. Its structure is looked at, unless it was `held` so a
    moment ago; rows are compared as they are read.
    """
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        version = integrity.hold(connection, held=held)
        connection.executescript(_OPEN)
        integrity.keep_sums(connection, SUMMED)
        integrity.settle(connection, version)
    except sqlite3.Error as error:
        raise KeyStoreUnavailable(f"{path}: {error}") from error
    return connection


class SqliteKeyStore:
    """A KeyStore in one file, made when there is none. Threads may share it.

    Every method raises KeyStoreUnavailable when the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._connection = open_keys(path)

    def find(self, key_hash: str) -> Key | None:
        """Return the active key of a hash, None when nobody has it."""
        try:
            item = task.aside(lambda: self._item(key_hash))
            return to_key(json.loads(item)) if item else None
        except (sqlite3.Error, ValueError) as error:
            raise KeyStoreUnavailable(str(error)) from error

    def add(
        self,
        key_hash: str,
        key: Key,
        name: str = "",
        created_ms: int = 0,
        *,
        status: str = ACTIVE,
    ) -> None:
        """Keep a key under its hash, in place of what was there. Durable on return."""
        item = json.dumps(to_item(key, status=status, name=name, created_ms=created_ms))
        try:
            with self._lock:
                self._connection.execute(_ADD, (key_hash, item))
        except sqlite3.Error as error:
            raise KeyStoreUnavailable(str(error)) from error

    def project(self, project_id: str) -> ProjectState:
        """Return the state of a project; one without an item has no limits."""
        try:
            item = task.aside(lambda: self._item(item_name(project_id)))
            return to_state(json.loads(item) if item else {})
        except (sqlite3.Error, ValueError) as error:
            raise KeyStoreUnavailable(str(error)) from error

    def change_project(self, project_id: str, changes: Mapping[str, str | int | None]) -> None:
        """Set members of a project's item, None removes one. Durable on return."""
        patch = json.dumps(dict(changes))
        try:
            with self._lock:
                integrity.one(self._connection, KEYS, (item_name(project_id),))  # is it whole?
                self._connection.execute(_CHANGE, (item_name(project_id), patch, patch))
        except sqlite3.Error as error:
            raise KeyStoreUnavailable(str(error)) from error

    def _item(self, name: str) -> str | None:
        with self._lock:
            row = integrity.one(self._connection, KEYS, (name,))
        return str(row[1]) if row else None

    def close(self) -> None:
        """Close the file; later calls raise KeyStoreUnavailable."""
        with self._lock:
            self._connection.close()
