"""Whether a question is heavy, by what it would read: told before it has a turn. Runs nothing.

A guess that is wrong costs a short turn, so it only has to know what cannot be cheap.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from openbunker.query import tables
from openbunker.query.engine import Statement
from openbunker.query.question.columns import PROPERTIES
from openbunker_local.lake.files import Files

# What takes about a turn among the cheap ones, on one core (docs/decisions/0029): so many rows of
# plain columns, so many whose properties are read as JSON, so many bytes of objects.
ROWS, PARSED_ROWS, OBJECT_BYTES = 20_000_000, 3_000_000, 12_000_000


def is_heavy(statement: Statement, files: Files) -> bool:
    """Return whether it would take too long beside cheap ones.

    A page is found in steps, each of which is cheap until it turns out not to be.
    """
    if statement.heavy:
        return True
    if statement.steps is None:
        most = PARSED_ROWS if PROPERTIES in tables.named(statement.tree) else ROWS
        if sum(file.rows for file in files.cold) > most:
            return True
    return _bytes(files.hot) > OBJECT_BYTES


def _bytes(paths: Iterable[str]) -> int:
    found = 0
    for path in paths:
        with suppress(FileNotFoundError):
            found += Path(path).stat().st_size
    return found
