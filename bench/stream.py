"""The embedded stream: single-record calls a second from many threads, and its memory.

    python -m bench.stream [FOLDER]

The folder should lie on the disk that is meant; without one the current folder is used. Nothing
stays in it. Exit 1 below FLOOR calls a second.
"""

import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from openbunker_local.stream.stream import EmbeddedStream

FLOOR = 3000
CALLS = 48_000
LINE = b'{"v":1,"properties":"' + b"x" * 480 + b'"}\n'


def main(folder: str = ".") -> int:
    """Measure one and many threads, print the table, judge the many."""
    table = Table("threads", title=f"put_record_batch of one record of {len(LINE)} bytes")
    for column in ("calls a second", "syncs alone a second", "resident MiB"):
        table.add_column(column, justify="right")
    rate = 0.0
    for threads, calls in ((1, CALLS // 32), (32, CALLS), (32, 3 * CALLS)):
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            floor = _syncs(Path(scratch))
            rate = _rate(Path(scratch), threads, calls)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        table.add_row(str(threads), f"{rate:,.0f}", f"{floor:,.0f}", f"{peak:.0f}")
    Console().print(table)
    return int(rate < FLOOR)


def _rate(data: Path, threads: int, calls: int) -> float:
    stream = EmbeddedStream(data)

    def call() -> None:
        for _ in range(calls // threads):
            if "RecordId" not in stream.put_record_batch([LINE])[0]:
                raise AssertionError("a record was not taken")

    workers = [threading.Thread(target=call) for _ in range(threads)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    elapsed = time.perf_counter() - started
    stream.close()
    return calls / elapsed


def _syncs(folder: Path) -> float:
    """Return how many small appends a second this disk brings home, one after the other."""
    descriptor = os.open(folder / "sync", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    started = time.perf_counter()
    for _ in range(500):
        os.write(descriptor, LINE)
        os.fsync(descriptor)
    elapsed = time.perf_counter() - started
    os.close(descriptor)
    return 500 / elapsed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
