"""Erasing customers for real: rows of the cold table, then lines of hot and refused objects.

In two parts, because Iceberg keeps the files of old snapshots for readers: what was taken out is
gone once those have expired. Which lines go is told by `erasure.lines`.
"""

import gzip
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from openbunker.compaction import quarantine, statements, upkeep
from openbunker.compaction.bucket import BucketFailed
from openbunker.compaction.run import MAX_GONE, Run, gone_of
from openbunker.core import layout
from openbunker.erasure import lines
from openbunker.erasure.model import Erasure

SNAPSHOT_AGE_MS = statements.SNAPSHOT_AGE_SECONDS * 1000
# Objects that are read at once; each may hold 64 MiB of lines.
THREADS = 8


def erase(run: Run) -> None:
    """Take one part of each erasure that waits, and mark those that are done."""
    store = run.services.erasures
    if store is None:
        return
    # Until all minutes up to the request are cold, rows of it could follow.
    waiting = [one for one in store.to_erase() if one.requested_ms < run.state.compacted_to_ms]
    if new := [one for one in waiting if one.erasure_id not in run.state.erasing]:
        _take_out(run, new[:MAX_GONE])
    aged_ms = run.services.now_ms() - SNAPSHOT_AGE_MS
    aged = {name for name, at_ms in run.state.erasing.items() if at_ms < aged_ms}
    if aged:
        upkeep.vacuum(run)
        for one in waiting:
            if one.erasure_id in aged:
                store.mark_erased(one, run.services.now_ms())
        left = {name: at for name, at in run.state.erasing.items() if name not in aged}
        run.save(replace(run.state, erasing=left))


def _take_out(run: Run, erasures: list[Erasure]) -> None:
    """Remove rows from the newest snapshot and from all objects, then remember when that was."""
    run.finish(statements.erase(gone_of(erasures)))
    upkeep.optimize(run)
    _rewrite(run, layout.HOT, erasures, lines.EVENTS)
    _rewrite(run, layout.REFUSED, erasures, lines.REFUSED)
    now_ms = run.services.now_ms()
    erasing = {**run.state.erasing, **{one.erasure_id: now_ms for one in erasures}}
    run.save(replace(run.state, erasing=erasing))


def _rewrite(run: Run, prefix: str, erasures: Sequence[Erasure], hunt: lines.Hunt) -> None:
    """Take lines out of all objects of a place: those without such lines stay as they are."""
    bucket = run.services.bucket

    def rewrite(key: str) -> None:
        if not run.has_time():
            raise BucketFailed("no time is left to rewrite objects")
        found = bucket.get(key)
        if found is None:
            return
        if quarantine.problem_of(found.data):
            quarantine.set_aside(run.services, [key])
            return
        sifted = lines.sifted(gzip.decompress(found.data), erasures, hunt)
        if sifted.gone and sifted.kept:
            bucket.put(key, gzip.compress(sifted.kept), found.tag)
        elif sifted.gone:
            bucket.delete([key])

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(rewrite, (one.key for one in bucket.listed(prefix))):
            pass
