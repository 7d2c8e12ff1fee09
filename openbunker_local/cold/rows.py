"""Rows of the cold files by time of receipt: what receipts and the books read, beside a server.

Runs the trees of `openbunker_local.cold.lookup_trees` over the files that the manifest names.
"""

import threading
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from openbunker.core.errors import QueryUnavailable
from openbunker_local.cold.checksums import Checksums
from openbunker_local.cold.connection import locked_down
from openbunker_local.cold.current import CurrentManifest
from openbunker_local.cold.manifest import FOLDER, ColdFile, Kind

# A look-up reads a few row groups of a few columns.
THREADS, MEMORY_LIMIT = 1, "96MB"
# How often the manifest is read anew when a file was merged away while it was being read.
ATTEMPTS = 5
_ROWS_AT_ONCE = 20_000
Row = tuple[Any, ...]


class ColdRows:
    """The cold rows of a data folder. Threads may share it; one look-up goes at a time.

    `checksums` are those of the process: a damaged or missing file is not read.
    """

    def __init__(self, data: Path, checksums: Checksums | None = None) -> None:
        self._root = f"{data}/"
        self._data = data.resolve()
        self._turn = threading.Lock()
        self.manifest = CurrentManifest(self._data)
        self.checksums = checksums or Checksums(self._data)

    def find(
        self, kind: Kind, tree: exp.Select, low_ms: int, high_ms: int, **values: str
    ) -> list[Row]:
        """Return rows of the files of a kind, received from one time to another.

        Raises QueryUnavailable.
        """
        for attempt in range(ATTEMPTS):
            files = self._files(kind, low_ms, high_ms)
            try:
                return [
                    row
                    for rows in self._batches(tree, files, low=low_ms, high=high_ms, **values)
                    for row in rows
                ]
            except duckdb.Error as error:
                if attempt == ATTEMPTS - 1 or all(Path(file).exists() for file in files):
                    raise QueryUnavailable(str(error)) from error
        raise AssertionError("the loop returns or raises")

    def batches(
        self, kind: Kind, tree: exp.Select, low_ms: int, high_ms: int
    ) -> Iterator[list[Row]]:
        """Yield the rows of the files of a kind, in parts. Raises duckdb.Error: then begin anew."""
        files = self._files(kind, low_ms, high_ms)
        yield from self._batches(tree, files, low=low_ms, high=high_ms)

    def name(self, path: Path) -> str:
        """Return what the manifest calls a file of the folder."""
        # Of text alone: a look-up asks this of thousands of objects.
        return str(path).removeprefix(self._root).removeprefix(f"{self._data}/")

    def damaged(self, kind: Kind, low_ms: int, high_ms: int) -> int:
        """Return how many files a look-up leaves out because they are damaged."""
        found = self._named(kind, low_ms, high_ms)
        return len(found) - len(self._whole(found))

    def _files(self, kind: Kind, low_ms: int, high_ms: int) -> list[str]:
        whole = self._whole(self._named(kind, low_ms, high_ms))
        return [str(self._data / file.path) for file in whole]

    def _whole(self, files: list[ColdFile]) -> list[ColdFile]:
        return self.checksums.whole_files(files, lambda: self.manifest().files)

    def _named(self, kind: Kind, low_ms: int, high_ms: int) -> list[ColdFile]:
        return [
            file
            for file in self.manifest().of(kind)
            if file.min_received_ms <= high_ms and low_ms <= file.max_received_ms
        ]

    def _batches(
        self, tree: exp.Select, files: list[str], **values: str | int
    ) -> Iterator[list[Row]]:
        if not files:
            return
        with self._turn, self._database.cursor() as cursor:
            cursor.execute(tree.sql("duckdb"), {"files": files, **values})
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                yield rows

    @cached_property
    def _database(self) -> duckdb.DuckDBPyConnection:
        return locked_down([self._data / FOLDER], threads=THREADS, memory=MEMORY_LIMIT)
