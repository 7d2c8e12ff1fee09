"""How long a question may take on one machine, and what its end is called. No SQL.

A question that is out of time is interrupted: the next one waits for it, and a core with it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from openbunker.core.errors import QueryTimedOut, QueryTooLarge, QueryUnavailable

SECONDS = 20.0
EXPORT_SECONDS = 86_400.0
# What sorts and groups may lay down on disk, which the events need as well.
MAX_SPILL = "2GB"
# Of the texts of an answer; DuckDB holds a text once that Python has to hold for every row.
MAX_CHARACTERS = 16_000_000
_ROWS = 100


@contextmanager
def in_time(connection: duckdb.DuckDBPyConnection, seconds: float | None = None) -> Iterator[None]:
    """Interrupt what a connection runs when the block takes longer than it may."""
    timer = threading.Timer(seconds or SECONDS, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def fetched(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    """Return the rows of what was executed. Raises QueryTooLarge before they fill the memory."""
    rows: list[Any] = []
    room = MAX_CHARACTERS
    while some := connection.fetchmany(_ROWS):
        rows += some
        room -= sum(len(value) for row in some for value in row if isinstance(value, str))
        if room < 0:
            raise QueryTooLarge(f"an answer of more than {MAX_CHARACTERS} characters")
    return rows


def unavailable(error: duckdb.Error) -> QueryUnavailable:
    """Return what a fault of DuckDB means to whoever asked."""
    if isinstance(error, duckdb.InterruptException):
        return QueryTimedOut("the question took longer than it may")
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryTooLarge(str(error))
    return QueryUnavailable(str(error))
