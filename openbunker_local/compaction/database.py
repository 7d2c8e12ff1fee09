"""A DuckDB in memory for compaction: reads and writes the data folder's events, nothing else.

Trees come from `openbunker_local.compaction.trees`; this module runs them. One thread uses it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from openbunker.core import layout
from openbunker_local.cold.manifest import FOLDER

# Half of what a compaction may take; with less, a million events take a third longer. What does not
# fit is spilled. Beside a server the threads are niced. Measured by `python -m bench compaction`.
MEMORY_LIMIT, THREADS = "512MB", 2
# Hidden, and below the folder that only one compaction at a time works in.
SPILL = Path(FOLDER) / ".spill"


class Database:
    """Runs trees. Values are bound by name."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, tree: exp.Expression, **values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement. Raises duckdb.Error."""
        return self._connection.execute(tree.sql("duckdb", copy=False), values).fetchall()


@contextmanager
def opened(data: Path, threads: int = THREADS, memory: str = MEMORY_LIMIT) -> Iterator[Database]:
    """Open a database over a data folder until the block ends."""
    spill = data / SPILL
    shutil.rmtree(spill, ignore_errors=True)  # what a killed run left
    with duckdb.connect(":memory:", config=_settings(spill, threads, memory)) as connection:
        places = exp.array(*(exp.Literal.string(str(data / it)) for it in (layout.HOT, FOLDER)))
        connection.execute(f"SET allowed_directories = {places.sql('duckdb')}")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield Database(connection)
    shutil.rmtree(spill, ignore_errors=True)


def _settings(
    spill: Path, threads: int, memory: str
) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": threads,
        "memory_limit": memory,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
    }
