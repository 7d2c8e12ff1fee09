"""Erasing customers for real: rows of the cold table, then lines of hot and refused objects.

In two parts, because Iceberg keeps the files of old snapshots for readers: what was taken out is
gone once those have expired. The lines of other customers stay byte by byte.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from openbunker import layout
from openbunker.compaction import upkeep
from openbunker.compaction.bucket import BucketFailed
from openbunker.compaction.run import MAX_GONE, Run, gone_of
from openbunker.erasure.model import Erasure, hash_of
from openbunker.query import compaction_athena as statements

SNAPSHOT_AGE_MS = statements.SNAPSHOT_AGE_SECONDS * 1000
# Objects that are read at once; each may hold 64 MiB of lines.
THREADS = 8
_PLAIN = re.compile(rb"[A-Za-z0-9_-]{3,}")


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
    lines = Lines(erasures)
    _rewrite(run, layout.HOT, lines.keeps_event, lines.may_hold)
    _rewrite(run, layout.REFUSED, lines.keeps_refused, lines.may_hold)
    now_ms = run.services.now_ms()
    erasing = {**run.state.erasing, **{one.erasure_id: now_ms for one in erasures}}
    run.save(replace(run.state, erasing=erasing))


class Lines:
    """Which lines stay when some customers go."""

    def __init__(self, erasures: Sequence[Erasure]) -> None:
        self._until: dict[str, int] = {}
        self._names: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._needles: list[bytes] = []
        for one in erasures:
            until_ms = max(one.requested_ms, self._until.get(one.customer_hash, 0))
            self._until[one.customer_hash] = until_ms
            name = one.customer_identifier or ""
            self._names[one.project_id].append((name, one.requested_ms))
            plain = _PLAIN.findall(name.encode())
            self._needles.append(max(plain, key=len, default=b""))

    def may_hold(self, lines: bytes) -> bool:
        """Return whether a look at each line is needed: a part of a name, as no JSON escapes it."""
        return any(needle in lines for needle in self._needles)

    def keeps_event(self, row: dict[str, Any]) -> bool:
        """Return whether an event is of another customer, or later."""
        customer = row.get("customer_identifier")
        if customer is None:
            return True
        until_ms = self._until.get(hash_of(row["project_id"], customer))
        return until_ms is None or bool(row["received_ms"] > until_ms)

    def keeps_refused(self, row: dict[str, Any]) -> bool:
        """Return whether what was refused does not name the customer anywhere."""
        text = json.dumps(row, ensure_ascii=False)
        plain = text + _unescaped(row.get("payload", ""))
        return not any(
            name in plain and row["received_ms"] <= until_ms
            for name, until_ms in self._names[row["project_id"]]
        )


def _unescaped(payload: str) -> str:
    """Return a payload with its JSON escapes undone; as it is when it is no JSON."""
    try:
        return json.dumps(json.loads(payload), ensure_ascii=False)
    except ValueError:
        return payload


def without(
    data: bytes, keeps: Callable[[dict[str, Any]], bool], may_hold: Callable[[bytes], bool]
) -> bytes | None:
    """Return an object without the lines that go: the same bytes when all stay, None when none."""
    lines = gzip.decompress(data)
    if not may_hold(lines):
        return data
    kept = [line for line in lines.splitlines(keepends=True) if keeps(json.loads(line))]
    if not kept:
        return None
    rest = b"".join(kept)
    return data if rest == lines else gzip.compress(rest)


def _rewrite(
    run: Run,
    prefix: str,
    keeps: Callable[[dict[str, Any]], bool],
    may_hold: Callable[[bytes], bool],
) -> None:
    bucket = run.services.bucket

    def rewrite(key: str) -> None:
        if not run.has_time():
            raise BucketFailed("no time is left to rewrite objects")
        found = bucket.get(key)
        if found is None:
            return
        rest = without(found.data, keeps, may_hold)
        if rest is None:
            bucket.delete([key])
        elif rest != found.data:
            bucket.put(key, rest, found.tag)

    keys: Iterable[str] = (one.key for one in bucket.listed(prefix))
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(rewrite, keys):
            pass
