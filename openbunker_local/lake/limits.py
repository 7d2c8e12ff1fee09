"""How long a question may take on one machine, how much it may answer, and what its end is called.

A question that is out of time is interrupted: the next one waits for it, and a core with it. What
builds questions must not be loaded here: the processes of heavy ones would pay for it.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from openbunker.core.errors import QueryTimedOut, QueryTooLarge, QueryUnavailable

SECONDS = 20.0
EXPORT_SECONDS = 86_400.0
# What sorts and groups may lay down on disk, which the events need as well.
MAX_SPILL = "2GB"
# Of the texts of an answer.
MAX_BYTES = 16_000_000
_ROWS = 1_000
_AGAIN_SECONDS = 0.05
_ANSWER, _SO_FAR = "openbunker_answer", "openbunker_so_far"
# Types of which no value is long.
_SHORT = frozenset(
    {
        *("bigint", "integer", "double", "float", "hugeint", "ubigint", "uhugeint", "boolean"),
        *("date", "time", "timestamp", "timestamp with time zone", "interval"),
    }
)


@contextmanager
def in_time(connection: duckdb.DuckDBPyConnection, seconds: float | None = None) -> Iterator[None]:
    """Interrupt what a connection runs when the block takes longer than it may."""
    over = threading.Event()

    def interrupt() -> None:  # what begins after one interrupt would never see it
        with suppress(duckdb.Error):
            while not over.is_set():
                connection.interrupt()
                over.wait(_AGAIN_SECONDS)

    timer = threading.Timer(seconds or SECONDS, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        over.set()
        timer.cancel()


@dataclass(frozen=True, slots=True)
class Found:
    """Columns, their types in lower case, and rows."""

    names: list[str]
    types: list[str]
    rows: list[Any]


def fetched(cursor: duckdb.DuckDBPyConnection, text: str, values: dict[str, object]) -> Found:
    """Return the answer to a text whose answer is small."""
    cursor.execute(text, values)
    return replace(_columns(cursor), rows=cursor.fetchall())


def answered(cursor: duckdb.DuckDBPyConnection, text: str, values: dict[str, object]) -> Found:
    """Return the answer to a text. Raises QueryTooLarge before it fills the memory.

    DuckDB itself measures it: it holds a text once that stands in fifty columns, and whoever
    takes its rows has one for each.
    """
    cursor.execute(f"SELECT * FROM ({text}) AS {_ANSWER} LIMIT 0", values)  # noqa: S608
    columns = _columns(cursor)
    texts = [kind not in _SHORT for kind in columns.types]
    if not any(texts):
        return fetched(cursor, text, values)
    cursor.execute(bounded(text, texts, MAX_BYTES), values)
    rows: list[Any] = []
    while some := cursor.fetchmany(_ROWS):
        if some[-1][-1] > MAX_BYTES:
            raise QueryTooLarge(f"an answer of more than {MAX_BYTES} bytes of text")
        rows += [row[:-1] for row in some]
    return replace(columns, rows=rows)


def bounded(text: str, texts: Sequence[bool], most: int) -> str:
    """Return a text with one column more: how many bytes the answer's texts have so far.

    `texts` says of each column whether it holds texts; where they have more than `most` so far,
    columns are null, so that nobody ever holds them.
    """
    names = [f"c{place}" for place in range(len(texts))]
    of_text = [name for name, is_text in zip(names, texts, strict=True) if is_text]
    size = " + ".join(f"coalesce(strlen({name}::VARCHAR), 0)" for name in of_text)
    shown = [f"CASE WHEN {_SO_FAR} <= {most} THEN {name} END AS {name}" for name in names]
    frame = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    return (
        f"SELECT {', '.join(shown)}, {_SO_FAR} FROM ("  # noqa: S608  # a statement's text, wrapped
        f"SELECT *, sum({size}) OVER ({frame}) AS {_SO_FAR} "
        f"FROM ({text}) AS {_ANSWER}({', '.join(names)})) AS measured"
    )


def _columns(cursor: duckdb.DuckDBPyConnection) -> Found:
    described = cursor.description or []
    return Found([str(one[0]) for one in described], [str(one[1]).lower() for one in described], [])


def unavailable(error: duckdb.Error) -> QueryUnavailable:
    """Return what a fault of DuckDB means to whoever asked."""
    if isinstance(error, duckdb.InterruptException):
        return QueryTimedOut("the question took longer than it may")
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryTooLarge(str(error))
    return QueryUnavailable(str(error))
