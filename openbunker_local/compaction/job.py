"""A compaction as the server's child and the command line run it: erasures first, then the rest."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from openbunker.core.errors import ErasureStoreUnavailable
from openbunker.erasure.model import Erasure
from openbunker_local.cold.manifest import ManifestUnreadable
from openbunker_local.compaction.database import THREADS
from openbunker_local.compaction.erase import Outcome, erase
from openbunker_local.compaction.merging import MergeLost
from openbunker_local.compaction.run import Progress, Result, compact
from openbunker_local.sqlite import erasures as erasures_sqlite
from openbunker_local.sqlite.erasures import SqliteErasureStore

# What may go wrong besides FolderInUse; what was committed before stays, and a next run goes on.
FAILURES = (OSError, duckdb.Error, ManifestUnreadable, MergeLost, ErasureStoreUnavailable)


def work(
    data: Path,
    up_to_ms: int,
    now_ms: int,
    progress: Progress | None = None,
    threads: int = THREADS,
) -> Result:
    """Compact a data folder. Raises FolderInUse and FAILURES.

    Rows of erased customers go first: a cold row of theirs must not keep a later event out.
    """
    known, erased = _erased(data, now_ms)
    result = compact(data, up_to_ms, now_ms, erasures=known, progress=progress, threads=threads)
    result.erased += erased.rows
    result.erasures, result.held_up = len(erased.done), erased.held_up
    return result


def _erased(data: Path, now_ms: int) -> tuple[Sequence[Erasure], Outcome]:
    """Return every erasure of a folder, after the rows of those that wait are gone."""
    file = data / erasures_sqlite.FILE
    if not file.exists():
        return (), Outcome()
    with closing(SqliteErasureStore(file)) as store:
        return store.every(), erase(data, store, lambda: now_ms)
