"""What the ledger costs: single requests a second through the walk, with and without it.

In process and without sockets, so that the difference is the entry's and not the server's.
"""

import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from openbunker.core import ids
from openbunker.core.books import Book, NoBook
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.firehose import FirehoseSink
from openbunker.wiring import system
from openbunker_local.books.write import LocalBook
from openbunker_local.stream.stream import EmbeddedStream

THREADS, REQUESTS = 32, 20_000
KEY = Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="p")
EVENT: dict[str, Any] = {
    "version": "2.0",
    "rawPath": "/post",
    "rawQueryString": "",
    "headers": {"x-eventbunker-write-key": "key"},
    "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.7"}},
    "body": json.dumps({"event_name": "bench", "note": "x" * 200}),
}


def main() -> int:
    """Run both, print a table."""
    table = Table("books", "requests a second", "p50 ms", "p99 ms", title="the ledger's cost")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        for name in ("without", "with", "without", "with"):
            with (
                closing(EmbeddedStream(data)) as stream,
                closing(LocalBook(data)) as book,
            ):
                rate, times = run(stream, book if name == "with" else NoBook())
            p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
            table.add_row(name, f"{rate:,.0f}", f"{p50:.1f}", f"{p99:.1f}")
    Console().print(table)
    return 0


def run(stream: EmbeddedStream, book: Book) -> tuple[float, list[float]]:
    """Return requests a second and their times in milliseconds, sorted."""
    services = Services(
        keys=MemoryKeyStore({hash_of("key"): KEY}),
        sink=FirehoseSink(stream, time.monotonic, time.sleep, system.fraction),
        now_ms=system.now_ms,
        new_ids=ids.new_ids,
        log=lambda _line: None,
        book=book,
    )

    def one(_number: int) -> float:
        started = time.perf_counter()
        assert serve(EVENT, None, services)["statusCode"] == 200
        return (time.perf_counter() - started) * 1e3

    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        times = list(pool.map(one, range(REQUESTS)))
    return REQUESTS / (time.perf_counter() - started), sorted(times)
