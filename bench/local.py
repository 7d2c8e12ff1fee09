"""The local runtime under load: durable events a second, latency, memory after a million events.

Loopback only, bounded in time and count. Needs `wrk` (Debian: apt-get install wrk) and Linux.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.support.server import RunningServer, call, running_server

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
        singles = load_singles(server)
        filled = fill(server, EVENTS - singles.requests, progress)
        visible_in = time_until_visible(server)
        asked_ms, rows = ask(server)
        memory = resident_mb(server.process.pid)
    table = Table("measured", "value", "target", title="local runtime")
    per_second = singles.requests / singles.seconds
    table.add_row("durable single events a second", f"{per_second:,.0f}", f">= {MIN_PER_SECOND:,}")
    table.add_row("latency p50 / max, ms", f"{singles.p50_ms} / {singles.max_ms}", "")
    table.add_row("latency p99, ms", f"{singles.p99_ms}", f"< {MAX_P99_MS}")
    table.add_row("answers that were no success", f"{singles.bad}", "0")
    table.add_row(f"events a second in batches of {PER_BATCH}", f"{filled:,.0f}", "")
    table.add_row("from the last answer to visible, ms", f"{visible_in:,.0f}", "< 1,000")
    table.add_row(f"group-by over {rows:,} hot events, ms", f"{asked_ms:,.0f}", "")
    table.add_row("memory after them, MB", f"{memory:,.0f}", f"< {MAX_MEMORY_MB}")
    Console().print(table)
    good = per_second >= MIN_PER_SECOND and singles.p99_ms < MAX_P99_MS and not singles.bad
    return 0 if good and memory < MAX_MEMORY_MB and rows >= EVENTS else 1


def load_singles(server: RunningServer) -> Load:
    """Send single events with wrk."""
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s"]
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


def resident_mb(pid: int) -> float:
    """Return the peak resident memory of a process (Linux's VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
