"""A compaction as the server's child and the command line run it: with the folder's erasures."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from local import erasures_sqlite
from local.cold.database import THREADS
from local.cold.manifest import ManifestUnreadable
from local.cold.merging import MergeLost
from local.cold.run import Progress, Result, compact
from local.erasures_sqlite import SqliteErasureStore
from openbunker.erasure.model import Erasure
from openbunker.errors import ErasureStoreUnavailable

# What may go wrong besides FolderInUse; what was committed before stays, and a next run goes on.
FAILURES = (OSError, duckdb.Error, ManifestUnreadable, MergeLost, ErasureStoreUnavailable)


def work(
    data: Path,
    up_to_ms: int,
    now_ms: int,
    progress: Progress | None = None,
    threads: int = THREADS,
) -> Result:
    """Compact a data folder. Raises FolderInUse and FAILURES."""
    return compact(
        data, up_to_ms, now_ms, erasures=erasures(data), progress=progress, threads=threads
    )


def erasures(data: Path) -> Sequence[Erasure]:
    """Return every erasure of a data folder. Raises ErasureStoreUnavailable: then nobody knows."""
    file = data / erasures_sqlite.FILE
    if not file.exists():
        return ()
    with closing(SqliteErasureStore(file)) as store:
        return store.every()
