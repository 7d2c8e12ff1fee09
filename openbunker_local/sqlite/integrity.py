"""Whether a SQLite file is as it was written: its version, its structure, and what its rows hold.

SQLite has no checksums: a flipped bit in a hash is another hash, and a key that nobody knows. So
triggers keep one of each row of the tables that matter. Where there may be many rows they are
compared as they are read, and all of them in the background; else all at each opening. Files of
earlier releases have neither version nor sums; they open, and get them.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from zlib import crc32

# 0: of before there were versions. 1: with sums.
VERSION = 1
_SUMS = """
CREATE TABLE IF NOT EXISTS sums (
    of_table TEXT NOT NULL, of_row TEXT NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (of_table, of_row)
) WITHOUT ROWID;
"""
# The columns of a table that name its row, and all that count; and a table with its own.
Columns = tuple[Sequence[str], Sequence[str]]
Table = tuple[str, Columns]
Tell = Callable[[str], None]

BUSY_SECONDS = 5.0
ASIDE = ".damaged"


class Damaged(sqlite3.DatabaseError):
    """The file is not as it was written, or a newer release has written it."""


class Newer(Damaged):
    """Nothing is wrong with the file: a newer release has written it."""


def spoilt(error: sqlite3.Error) -> bool:
    """Return whether the file itself is at fault: not one that is busy, nor a disk, nor newer."""
    others = (sqlite3.OperationalError, Newer)
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, others)


def open_or_begin(
    file: Path, opens: Callable[[sqlite3.Connection], None], tell: Tell | None, then: str
) -> sqlite3.Connection:
    """Return a connection to a file of counts, which no event waits for, as `opens` has it.

    Where somebody can be told, a file that is damaged is set aside and begun anew; `then` says what
    comes of it. Raises sqlite3.Error for a file that is busy or newer, and OSError.
    """
    try:
        return _opened(file, opens)
    except sqlite3.Error as error:
        if tell is None or not spoilt(error):
            raise
        set_aside(file)
        tell(f"{file.name} is damaged ({error}) and was set aside; {then}")
        return _opened(file, opens)


def _opened(file: Path, opens: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        opens(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def set_aside(file: Path) -> None:
    """Move a file out of the way, and what SQLite keeps beside it. Raises OSError."""
    for beside in ("", "-wal", "-shm"):
        one = file.with_name(f"{file.name}{beside}")
        if one.exists():
            one.replace(one.with_name(f"{one.name}{ASIDE}"))


def hold(connection: sqlite3.Connection, *, held: bool = False) -> int:
    """Compare version and structure of a file, before anything else; return its version.

    The structure not where it was `held` a moment ago. Raises sqlite3.Error.
    """
    connection.create_function("row_sum", -1, _row_sum, deterministic=True)
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    if version > VERSION:
        text = f"it was written by a newer release (version {version}, known is {VERSION})"
        raise Newer(text)
    found = "ok" if held else connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise Damaged(f"it is damaged: {found}")
    return int(version)


def hold_rows(connection: sqlite3.Connection, version: int, tables: Mapping[str, Columns]) -> None:
    """Compare each row of some tables with its sum; a file of before sums gets them.

    Raises sqlite3.Error.
    """
    if version == 0:
        _begin(connection, tables)
    for table, (key, columns) in tables.items():
        ((bad,),) = connection.execute(_differing(table, key, columns), (table,) * 2)
        if bad:
            raise Damaged(f"it is damaged: {bad} rows of {table} are not as they were written")


def keep_sums(connection: sqlite3.Connection, tables: Mapping[str, Columns]) -> None:
    """Keep sums of the rows of some tables from now on, for who compares rows as they are read.

    Raises sqlite3.Error.
    """
    text = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
    missing = {
        name: columns
        for name, columns in tables.items()
        if not connection.execute(text, (name,)).fetchone()[0]
    }
    if missing:
        _begin(connection, missing)


def rows(
    connection: sqlite3.Connection, of: Table, rest: str, values: Sequence[object]
) -> list[tuple[Any, ...]]:
    """Return rows of a table, each compared with its sum. Raises Damaged, sqlite3.Error.

    `rest` is what follows FROM in the statement, the table itself left out.
    """
    table, (key, columns) = of
    row = _name(table, key)
    kept = f"(SELECT crc FROM sums WHERE of_table = '{table}' AND of_row = {row})"  # noqa: S608  # ours
    text = f"SELECT {_of(table, columns)}, {kept} FROM {table} {rest}"  # noqa: S608  # our names
    found = connection.execute(text, values).fetchall()
    if any(row[-1] != _row_sum(*row[:-1]) for row in found):
        raise Damaged(f"it is damaged: rows of {table} are not as they were written")
    return [row[:-1] for row in found]


def one(connection: sqlite3.Connection, of: Table, names: Sequence[str]) -> tuple[Any, ...] | None:
    """Return the row of a name, compared with its sum; None where there never was one.

    Raises Damaged, sqlite3.Error.
    """
    table, (key, _) = of
    where = " AND ".join(f"{column} = ?" for column in key)
    text = "SELECT count(*) FROM sums WHERE of_table = ? AND of_row = ?"
    for _ in range(2):  # once more: the row may have been written between the two statements
        if found := rows(connection, of, f"WHERE {where}", names):
            return found[0]
        if not connection.execute(text, (table, "\0".join(names))).fetchone()[0]:
            return None
    raise Damaged(f"it is damaged: a row of {table} is gone")


def hold_all(file: Path, tables: Mapping[str, Columns]) -> None:
    """Compare all rows of a file that others may write to meanwhile. Raises sqlite3.Error."""
    uri = f"{file.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        hold_rows(connection, hold(connection), tables)


def _begin(connection: sqlite3.Connection, tables: Mapping[str, Columns]) -> None:
    """Make sums of all rows there are, and the triggers that keep them, at once or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        connection.execute(_SUMS)
        for table, (key, columns) in tables.items():
            for statement in (*_triggers(table, key, columns), _all_sums(table, key, columns)):
                connection.execute(statement)


def settle(connection: sqlite3.Connection, version: int) -> None:
    """Write the version into a file that has none."""
    if version != VERSION:
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _row_sum(*values: object) -> int:
    return crc32("\0".join(f"{type(value).__name__}{value}" for value in values).encode())


def _of(row: str, names: Sequence[str]) -> str:
    return ", ".join(f"{row}.{name}" for name in names)


def _name(row: str, key: Sequence[str]) -> str:
    return " || char(0) || ".join(f"{row}.{name}" for name in key)


def _triggers(table: str, key: Sequence[str], columns: Sequence[str]) -> list[str]:
    # Not OR REPLACE: within a trigger the statement that it belongs to decides over conflicts.
    gone, new = (_dropped(table, _name(row, key)) for row in ("OLD", "NEW"))
    values = f"'{table}', {_name('NEW', key)}, row_sum({_of('NEW', columns)})"
    put = f"{new} INSERT INTO sums VALUES ({values});"  # noqa: S608  # our names
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_{name} AFTER {name} ON {table} BEGIN {body} END"
        for name, body in (("insert", put), ("update", gone + put), ("delete", gone))
    ]


def _dropped(table: str, row: str) -> str:
    return f"DELETE FROM sums WHERE of_table = '{table}' AND of_row = {row};"  # noqa: S608  # ours


def _all_sums(table: str, key: Sequence[str], columns: Sequence[str]) -> str:
    values = f"'{table}', {_name(table, key)}, row_sum({_of(table, columns)})"
    return f"INSERT OR REPLACE INTO sums SELECT {values} FROM {table}"  # noqa: S608  # our names


def _differing(table: str, key: Sequence[str], columns: Sequence[str]) -> str:
    """Return the text that counts rows whose sum differs or is missing, and sums without a row."""
    named, summed = _name(table, key), f"row_sum({_of(table, columns)})"
    rows = f"SELECT {named} AS of_row, {summed} AS crc FROM {table}"  # noqa: S608  # our names
    kept = "SELECT of_row, crc FROM sums WHERE of_table = ?"
    return (
        f"SELECT (SELECT count(*) FROM ({rows} EXCEPT {kept})) + "  # noqa: S608  # our names
        f"(SELECT count(*) FROM ({kept} EXCEPT {rows}))"
    )
