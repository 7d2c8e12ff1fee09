"""The DuckDBs of a process, and what they are asked: a text, its values, and for how long.

The same in the server and in its children. Knows no statement, no file and nobody who asks.
"""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from openbunker_local.cold.connection import locked_down
from openbunker_local.lake import limits
from openbunker_local.lake.limits import Found
from openbunker_local.turns.presence import CURRENT

# With these a question over a million events fits beside the server in the memory it promises
# (tests/integration/test_query_memory.py). To read objects, each thread takes several buffers of
# 32 MiB, whatever their size: with a second one, wide groups no longer fit. Cold files need no
# such buffers, so a question that reads these alone has both cores.
OBJECT_THREADS, COLD_THREADS = 1, 2
MEMORY_LIMIT = "128MB"
# An export is a process of its own, and holds what it writes as well.
EXPORT_MEMORY_LIMIT = "208MB"


@dataclass(frozen=True, slots=True)
class Asked:
    """A text with its values; whether it reads `objects`; `measured`: its answer is, as it comes.

    Who bounds the texts of an answer itself has them not measured.
    """

    text: str
    values: dict[str, Any]
    objects: bool
    measured: bool


class Databases:
    """One for objects, one for cold files alone, each opened when it is first needed.

    One question at a time: each has the whole memory. `spill` is a folder of theirs alone.
    """

    def __init__(self, places: Sequence[Path], spill: Path, *, writes: bool = False) -> None:
        self._places = places
        self._spill = spill
        self._writes = writes
        self._opening = Lock()
        self._opened: dict[str, duckdb.DuckDBPyConnection] = {}
        shutil.rmtree(spill, ignore_errors=True)  # what a killed process left behind
        spill.mkdir(parents=True)  # DuckDB makes folders, but not their parents

    def run(self, asked: Asked, seconds: float) -> Found:
        """Return the answer. Raises duckdb.Error, QueryTooLarge."""
        if seconds <= 0:
            raise duckdb.InterruptException("no time is left")
        # each thread that writes holds a row group
        database = self.over_objects if asked.objects or self._writes else self.over_cold
        take = limits.answered if asked.measured else limits.fetched
        with (
            database.cursor() as cursor,
            limits.in_time(cursor, seconds),
            CURRENT.get().ended_by(cursor.interrupt),
        ):
            return take(cursor, asked.text, asked.values)

    def close(self) -> None:
        """Close what was opened. A question after that is a bug."""
        with ExitStack() as all_of_them:
            all_of_them.callback(shutil.rmtree, self._spill, ignore_errors=True)
            for opened in self._opened.values():
                all_of_them.callback(opened.close)

    @property
    def over_objects(self) -> duckdb.DuckDBPyConnection:
        """What reads objects, and cold files beside them."""
        return self._open("objects", OBJECT_THREADS)

    @property
    def over_cold(self) -> duckdb.DuckDBPyConnection:
        """What reads cold files."""
        return self._open("cold", COLD_THREADS)

    def _open(self, name: str, threads: int) -> duckdb.DuckDBPyConnection:
        memory = EXPORT_MEMORY_LIMIT if self._writes else MEMORY_LIMIT
        spill, most = self._spill / name, limits.MAX_SPILL
        with self._opening:
            if name not in self._opened:
                self._opened[name] = locked_down(
                    self._places, threads=threads, memory=memory, spill=spill, most_spill=most
                )
            return self._opened[name]
