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
from openbunker_local.sqlite import integrity
from openbunker_local.sqlite.keys import KEYS, TENANTS, open_keys

_PAGE = "WHERE partition = ? AND sort >= ? AND sort < ? AND sort > ? ORDER BY sort LIMIT ?"
_PAGE_NEWEST = (
    "WHERE partition = ? AND sort >= ? AND sort < ? AND sort < ? ORDER BY sort DESC LIMIT ?"
)
# The names of the same rows, as their sums have them: a row that is gone is missed.
_NAMES = """
SELECT of_row FROM sums WHERE of_table = 'tenants' AND of_row >= ? AND of_row < ? AND of_row > ?
ORDER BY of_row LIMIT ?"""
_NAMES_NEWEST = """
SELECT of_row FROM sums WHERE of_table = 'tenants' AND of_row >= ? AND of_row < ? AND of_row < ?
ORDER BY of_row DESC LIMIT ?"""
_ADD = "INSERT OR IGNORE INTO tenants (version, item, partition, sort) VALUES (?, ?, ?, ?)"
_CHANGE = (
    "UPDATE tenants SET version = ?, item = ? WHERE partition = ? AND sort = ? AND version = ?"
)
_DROP = "DELETE FROM tenants WHERE partition = ? AND sort = ? AND version = ?"
_PUT_KEY = "INSERT OR REPLACE INTO keys (key_hash, item) VALUES (?, ?)"
_DROP_KEY = "DELETE FROM keys WHERE key_hash = ?"
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
            row = integrity.one(connection, TENANTS, (address.partition, address.sort))
        return json.loads(row[3]) if row else None

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
        bounds = (prefix, prefix + _LAST, beyond)
        texts = (_PAGE_NEWEST, _NAMES_NEWEST) if newest else (_PAGE, _NAMES)
        named = (*(f"{partition}\0{bound}" for bound in bounds), limit)
        with self._asking() as connection, _at_one_moment(connection):
            rows = integrity.rows(connection, TENANTS, texts[0], (partition, *bounds, limit))
            names = [name for (name,) in connection.execute(texts[1], named)]
            if names != [f"{partition}\0{sort}" for _, sort, *_ in rows]:
                raise integrity.Damaged("it is damaged: rows of tenants are gone")
        return [(sort, json.loads(item)) for _, sort, _, item in rows]

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


@contextmanager
def _at_one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Let two statements see the same rows, whatever another process writes between them."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


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
            row = integrity.one(connection, KEYS, (item_name(project_id),))
            item = {**(json.loads(row[1]) if row else {}), **members}
            kept = {name: value for name, value in item.items() if name not in without}
            connection.execute(_PUT_KEY, (item_name(project_id), json.dumps(kept)))
