"""The version of a SQLite file: its `user_version`. One that is newer is not touched.

Files of before there were versions have 0; they open, and get theirs.
"""

import sqlite3

VERSION = 1


class NewerFile(sqlite3.DatabaseError):
    """A newer release has written the file."""


def hold(connection: sqlite3.Connection) -> None:
    """Compare a file's version, and write it where there is none. Raises sqlite3.Error."""
    ((found,),) = connection.execute("PRAGMA user_version").fetchall()
    if found > VERSION:
        text = f"it was written by a newer release (version {found}, known is {VERSION})"
        raise NewerFile(text)
    if found != VERSION:
        connection.execute(f"PRAGMA user_version = {VERSION}")
