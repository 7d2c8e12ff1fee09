"""`python -m bench front`: attacks on the local front, and what others see of the server meanwhile.

Loopback only, bounded in time and count: `attacks` says how, this file measures. Needs Linux.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event, Thread

from rich.console import Console
from rich.table import Table

from bench.front.attacks import ATTACKS
from bench.local import resident_mb
from tests.support.server import RunningServer, running_server

SECONDS = 6.0
PAUSE_SECONDS = 0.01
MAX_P99_MS, MAX_GROWTH_MB = 100, 50
COLUMNS = ("requests", "p99, ms", "max, ms", "refused", "memory, MB")
EVENT = {"event_name": "probe"}


@dataclass(frozen=True)
class Seen:
    """What a client that sends an event a hundredth of a second saw, and the server's memory."""

    times_ms: list[float]
    bad: int
    growth_mb: float

    @property
    def p99_ms(self) -> float:
        """The time that one of a hundred requests took longer than."""
        return sorted(self.times_ms)[len(self.times_ms) * 99 // 100]


def main() -> int:
    """Attack in every way, print a table and return 1 when a target is missed."""
    table = Table(
        "attack", "requests", "p99, ms", "max, ms", "refused", "memory, MB", title="front"
    )
    good = True
    for name in ("none", *ATTACKS):
        with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
            seen = under(name, server)
        good &= seen.p99_ms < MAX_P99_MS and seen.growth_mb < MAX_GROWTH_MB and not seen.bad
        worst = f"{max(seen.times_ms):.0f}"
        numbers = (f"{seen.p99_ms:.0f}", worst, str(seen.bad), f"+{seen.growth_mb:.0f}")
        table.add_row(name, str(len(seen.times_ms)), *numbers)
    table.add_row("target", "", f"< {MAX_P99_MS}", "", "0", f"< +{MAX_GROWTH_MB}")
    Console().print(table)
    return 0 if good else 1


def under(name: str, server: RunningServer) -> Seen:
    """Send events while an attack runs in a process of its own."""
    for _ in range(200):  # what a server takes for its first events is no growth
        probe(server)
    before = resident_mb(server.process.pid)
    done, most = Event(), [before]
    watch = Thread(target=_watch, args=(server.process.pid, done, most))
    watch.start()
    where = [server.url, server.demo["client_id"], server.demo["write_key"]]
    command = [sys.executable, "-m", "bench.front", name, str(SECONDS), *where]
    attack = None if name == "none" else subprocess.Popen(command)
    times, bad = _probes(server)
    if attack:
        attack.wait()
    done.set()
    watch.join()
    return Seen(times, bad, max(most) - before)


def _probes(server: RunningServer) -> tuple[list[float], int]:
    times: list[float] = []
    bad, end = 0, time.monotonic() + SECONDS
    for _ in count():
        if time.monotonic() > end:
            return times, bad
        start = time.perf_counter()
        bad += probe(server) != 200
        times.append((time.perf_counter() - start) * 1000)
        time.sleep(PAUSE_SECONDS)
    raise AssertionError("unreachable")


def probe(server: RunningServer) -> int:
    """Send one event on a new connection; return the status, 0 where there was no answer."""
    key = {"x-eventbunker-write-key": server.demo["write_key"]}
    try:
        return server.call("POST", "/post", EVENT, key).status
    except OSError:
        return 0


def _watch(pid: int, done: Event, most: list[float]) -> None:
    while not done.wait(0.05):
        most.append(resident_mb(pid))
