"""The store of management on one machine: two tables of the key file, in one transaction.

Works beside a running server: the file is shared by processes, and a commit is durable on return.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from openbunker.core.errors import KeyStoreUnavailable
from openbunker.keys.projects import item_name
from openbunker.manage.store import (
    VERSION,
    Address,
    Changed,
    Drop,
    DropKey,
    Item,
    MarkProject,
    Put,
    PutKey,
    TenantsUnavailable,
    Write,
)
from openbunker_local.sqlite.keys import open_keys

_GET = "SELECT item FROM tenants WHERE partition = ? AND sort = ?"
_PAGE = """
SELECT sort, item FROM tenants WHERE partition = ? AND sort >= ? AND sort < ? AND sort > ?
ORDER BY sort LIMIT ?"""
_PAGE_NEWEST = """
SELECT sort, item FROM tenants WHERE partition = ? AND sort >= ? AND sort < ? AND sort < ?
ORDER BY sort DESC LIMIT ?"""
_ADD = "INSERT OR IGNORE INTO tenants (version, item, partition, sort) VALUES (?, ?, ?, ?)"
_CHANGE = (
    "UPDATE tenants SET version = ?, item = ? WHERE partition = ? AND sort = ? AND version = ?"
)
_DROP = "DELETE FROM tenants WHERE partition = ? AND sort = ? AND version = ?"
_PUT_KEY = "INSERT OR REPLACE INTO keys (key_hash, item) VALUES (?, ?)"
_DROP_KEY = "DELETE FROM keys WHERE key_hash = ?"
_FIND_KEY = "SELECT item FROM keys WHERE key_hash = ?"
# Beyond every sort that begins with a prefix.
_LAST = "\U0010ffff"


class SqliteTenants:
    """A TenantItems in one file, made when there is none. Threads may share it.

    `held`: whoever opens it has had a SqliteKeyStore compare the same file just now.
    """

    def __init__(self, path: Path, *, held: bool = False) -> None:
        self._lock = Lock()
        try:
            self._connection = open_keys(path, held=held)
        except (sqlite3.Error, KeyStoreUnavailable) as error:
            raise TenantsUnavailable(str(error)) from error

    def get(self, address: Address) -> Item | None:
        """Return the item of an address."""
        with self._asking() as connection:
            row = connection.execute(_GET, (address.partition, address.sort)).fetchone()
        return json.loads(row[0]) if row else None

    def page(
        self,
        partition: str,
        prefix: str,
        limit: int,
        after: str | None = None,
        *,
        newest: bool = False,
    ) -> list[tuple[str, Item]]:
        """Return a part of a partition, in order."""
        beyond = after if after is not None else (_LAST if newest else "")
        asked = (partition, prefix, prefix + _LAST, beyond, limit)
        with self._asking() as connection:
            rows = connection.execute(_PAGE_NEWEST if newest else _PAGE, asked).fetchall()
        return [(sort, json.loads(item)) for sort, item in rows]

    def commit(self, writes: Sequence[Write]) -> None:
        """Write all of them or none; fsynced on return."""
        # A connection's own block commits at its end and rolls back whatever is raised.
        with self._asking() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            for write in writes:
                _write(connection, write)

    def close(self) -> None:
        """Close the file; later calls raise TenantsUnavailable."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                yield self._connection
        except sqlite3.Error as error:
            raise TenantsUnavailable(str(error)) from error


def _write(connection: sqlite3.Connection, write: Write) -> None:
    match write:
        case Put(address, item, seen):
            where = (item[VERSION], json.dumps(dict(item)), address.partition, address.sort)
            if seen is None:
                done = connection.execute(_ADD, where)
            else:
                done = connection.execute(_CHANGE, (*where, seen))
            if not done.rowcount:
                raise Changed(address.sort)
        case Drop(address, seen):
            if not connection.execute(_DROP, (address.partition, address.sort, seen)).rowcount:
                raise Changed(address.sort)
        case PutKey(key_hash, item):
            connection.execute(_PUT_KEY, (key_hash, json.dumps(dict(item))))
        case DropKey(key_hash):
            connection.execute(_DROP_KEY, (key_hash,))
        case MarkProject(project_id, members, without):
            row = connection.execute(_FIND_KEY, (item_name(project_id),)).fetchone()
            item = {**(json.loads(row[0]) if row else {}), **members}
            kept = {name: value for name, value in item.items() if name not in without}
            connection.execute(_PUT_KEY, (item_name(project_id), json.dumps(kept)))
