"""What looking at a key costs a warm function: microseconds, and no read of the store.

    python -m bench keys

The store behind the cache counts its reads. Fails above MAX_MICROSECONDS, and for any read.
"""

import os
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from openbunker.core.errors import RequestRefused
from openbunker.ingest.burst import Buckets
from openbunker.keys import shape
from openbunker.keys.cached import CachedKeyStore
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.keys.resolve import resolve, standing

MAX_MICROSECONDS = 10.0
KEYS, CHECKS = 10_000, 100_000
ROUNDS = 5


def main() -> int:
    """Print the table; 1 when a number is missed."""
    texts = [shape.secret(KeyKind.WRITE, os.urandom) for _ in range(KEYS)]
    inner = MemoryKeyStore({hash_of(text): _key(at) for at, text in enumerate(texts)})
    store = CachedKeyStore(inner, time.monotonic, lambda: 0.0, positive_seconds=3600.0)
    for text in texts:
        _check(store, text)
    warm_reads, buckets = inner.reads, Buckets()
    mistyped = [text[:-1] + ("1" if text[-1] == "0" else "0") for text in texts]
    checks: dict[str, Callable[[int], None]] = {
        "a good key": lambda at: _check(store, texts[at]),
        "a mistyped key": lambda at: _check(store, mistyped[at]),
        "a burst limit": lambda at: _take(buckets, texts[at]),
    }
    table = Table("what", "microseconds", "reads of the store", title=f"{KEYS:,} keys, warm")
    missed = False
    for name, check in checks.items():
        took = min(_timed(check) for _ in range(ROUNDS))
        reads = inner.reads - warm_reads
        missed = missed or took > MAX_MICROSECONDS or reads > 0
        table.add_row(name, f"{took:.2f}", str(reads))
    Console().print(table)
    return int(missed)


def _key(at: int) -> Key:
    return Key(key_id=f"k{at}", kind=KeyKind.WRITE, account_id="a", project_id=f"p{at % 1000}")


def _check(store: CachedKeyStore, text: str) -> None:
    """Do what a request does: the key, its project, whether that is over quota."""
    try:
        key = resolve(text, store, 1, KeyKind.WRITE)
    except RequestRefused:
        return
    standing(key, store).over_quota(1)


def _take(buckets: Buckets, text: str) -> None:
    buckets.take(text, 1, 1_000_000, time.monotonic())


def _timed(check: Callable[[int], None]) -> float:
    started = time.thread_time()  # of this thread alone, however busy the machine is
    for at in range(CHECKS):
        check(at % KEYS)
    return (time.thread_time() - started) / CHECKS * 1_000_000
