"""The local runtime under load: durable events a second, latency, memory after a million events.

Single events also over more and more connections, to where p99 passes its limit.

Loopback only, bounded in time and count. Needs `wrk` (Debian: apt-get install wrk) and Linux.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.support.server import RunningServer, call, running_server
from tests.support.workers import workers_of

RAMP, STEP_SECONDS = (2, 8, 64, 128, 256, 512), 5
SECONDS, CONNECTIONS, EVENTS, PER_BATCH, CLIENTS = 20, 32, 1_000_000, 100, 4
MIN_PER_SECOND, MAX_P99_MS, MAX_MEMORY_MB = 1_500, 100, 300
MARK = "RESULT "


@dataclass(frozen=True)
class Load:
    """What wrk saw."""

    requests: int
    seconds: float
    bad: int
    p50_ms: float
    p99_ms: float
    max_ms: float


def main() -> int:
    """Run the load, print a table and return 1 when a target is missed."""
    if not shutil.which("wrk"):
        print("bench/local needs wrk: apt-get install wrk", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder)) as server,
        Progress(console=Console(stderr=True)) as progress,
    ):
        singles = load_singles(server, CONNECTIONS, SECONDS)
        steps = list(ramp(server))
        sent = singles.requests + sum(load.requests for _, load in steps)
        filled = fill(server, EVENTS - sent, progress)
        visible_in = time_until_visible(server)
        asked_ms, rows = ask(server)
        memory = of_all_mb(server.process.pid)
        sizes = bytes_of(Path(folder))
    per_second = singles.requests / singles.seconds
    table = _table(
        (
            ("durable single events a second", f"{per_second:,.0f}", f">= {MIN_PER_SECOND:,}"),
            ("latency p50 / max, ms", f"{singles.p50_ms} / {singles.max_ms}", ""),
            ("latency p99, ms", f"{singles.p99_ms}", f"< {MAX_P99_MS}"),
            ("answers that were no success", f"{singles.bad}", "0"),
            *told_ramp(steps),
            (f"events a second in batches of {PER_BATCH}", f"{filled:,.0f}", ""),
            ("from the last answer to visible, ms", f"{visible_in:,.0f}", "< 1,000"),
            (f"group-by over {rows:,} events, ms", f"{asked_ms:,.0f}", ""),
            (
                "memory of the server and its workers after them, MB",
                f"{memory:,.0f}",
                f"< {MAX_MEMORY_MB}",
            ),
            ("bytes an event on the disk", told_sizes(sizes, rows), ""),
        )
    )
    Console().print(table)
    good = per_second >= MIN_PER_SECOND and singles.p99_ms < MAX_P99_MS and not singles.bad
    return 0 if good and memory < MAX_MEMORY_MB and rows >= EVENTS else 1


def _table(rows: Iterable[tuple[str, str, str]]) -> Table:
    table = Table("measured", "value", "target", title="local runtime")
    for row in rows:
        table.add_row(*row)
    return table


def ramp(server: RunningServer) -> Iterator[tuple[int, Load]]:
    """Send single events over more and more connections until p99 passes its limit."""
    for connections in RAMP:
        load = load_singles(server, connections, STEP_SECONDS)
        yield connections, load
        if load.p99_ms > MAX_P99_MS or load.bad:
            return


def told_ramp(steps: Sequence[tuple[int, Load]]) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each step of the ramp."""
    for connections, load in steps:
        value = f"{load.requests / load.seconds:,.0f} (p99 {load.p99_ms:.0f} ms)"
        yield f"ramp: single events a second, {connections} connections", value, ""


def bytes_of(data: Path) -> Counter[str]:
    """Return the bytes that the files of a data folder take, by what they are."""
    sizes: Counter[str] = Counter()
    for path in data.rglob("*"):
        with suppress(OSError):  # a compaction may be at work
            if path.is_file():
                sizes[path.relative_to(data).parts[0]] += path.stat().st_size
    return sizes


def told_sizes(sizes: Counter[str], rows: int) -> str:
    """Return the bytes an event, in all and of each part that takes one or more."""
    parts = [f"{name} {size / rows:.0f}" for name, size in sizes.most_common() if size >= rows]
    return f"{sizes.total() / rows:.0f} ({', '.join(parts)})"


def load_singles(server: RunningServer, connections: int, seconds: int) -> Load:
    """Send single events with wrk."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--latency", "-s"]
    script = str(Path(__file__).with_name("single.lua"))
    environment = {**os.environ, "OB_KEY": server.demo["write_key"]}
    done = subprocess.run(
        [*command, script, server.url], env=environment, capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith(MARK))
    return Load(**json.loads(line.removeprefix(MARK)))


def fill(server: RunningServer, events: int, progress: Progress) -> float:
    """Send batches until the number is reached; return events a second."""
    batch = [
        {"type": "custom", "name": f"bench_{n % 10}", "properties": {"n": n, "note": "x" * 300}}
        for n in range(PER_BATCH)
    ]
    body, path = json.dumps(batch), f"/batch?client_id={server.demo['client_id']}"
    task = progress.add_task("a million events", total=events)

    def client(batches: int) -> None:
        connection = server.connect()
        for _ in range(batches):
            answer = call(connection, "POST", path, body)
            assert answer.body["processed"] == PER_BATCH
            progress.advance(task, PER_BATCH)
        connection.close()

    started = time.perf_counter()
    share = -(-events // PER_BATCH // CLIENTS) + 1
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, [share] * CLIENTS))
    return share * CLIENTS * PER_BATCH / (time.perf_counter() - started)


def time_until_visible(server: RunningServer) -> float:
    """Return milliseconds from an answer until a query may see its event."""
    headers = {"x-eventbunker-write-key": server.demo["write_key"]}
    server.call("POST", "/post", {"event_name": "bench_last"}, headers)
    started = time.perf_counter()
    server.wait_until_visible()
    return (time.perf_counter() - started) * 1e3


def ask(server: RunningServer) -> tuple[float, int]:
    """Return the time of a group-by over everything and the number of rows it counted."""
    question = {
        "time_period": "minus_60_minutes",
        "group_by": ["event_name"],
        "computations": [{"function": "count"}],
    }
    started = time.perf_counter()
    rows = server.ask(question)["rows"]
    return (time.perf_counter() - started) * 1e3, sum(row[-1] for row in rows)


def of_all_mb(pid: int) -> float:
    """Return the peak resident memory of a server and its workers."""
    return sum(map(resident_mb, (pid, *workers_of(pid))))


def resident_mb(pid: int) -> float:
    """Return the peak resident memory of a process (Linux's VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
