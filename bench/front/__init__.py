"""`python -m bench front`: attacks on the local front, and what others see of the server meanwhile.

Each attack is between two times of quiet against the same server: what others take of the machine
shows there too. What the attack itself costs is told in the server's CPU, which others do not
change. Loopback only, bounded in time and count: `attacks` says how, this file measures. Needs
Linux. `FRONT="NAME,NAME"` in the environment names some of the attacks.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from rich.console import Console
from rich.table import Table

from bench.front.attacks import ATTACKS
from bench.local import resident_mb
from tests.support.server import RunningServer, running_server
from tests.support.workers import workers_of

SECONDS, QUIET_SECONDS = 6.0, 2.0
PAUSE_SECONDS = 0.01
MAX_P99_MS, MAX_GROWTH_MB = 100, 50
# A machine on which one of a hundred events takes so long with no attack at all says nothing of
# the attack: it has too much else to do.
MAX_QUIET_MS = 50
EVENT = {"event_name": "probe"}
COLUMNS = (
    "attack",
    "quiet p99, ms",
    "p99, ms",
    "max, ms",
    "failed",
    "memory, MB",
    "CPU, %",
    "times",
    "CPU a time, us",
)
GOOD, MISSED, TOO_BUSY = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a client that sends an event a hundredth of a second saw, and what it took the server.

    `quiet_ms` are times without the attack, `times` how often the attacker did what it does.
    """

    quiet_ms: Sequence[float]
    times_ms: Sequence[float]
    bad: int
    growth_mb: float
    cpu_seconds: float
    times: int

    @property
    def verdict(self) -> int:
        """Whether the targets are met; where the machine is too busy to tell, that."""
        if self.bad or self.growth_mb >= MAX_GROWTH_MB:
            return MISSED
        if p99(self.times_ms) < MAX_P99_MS:
            return GOOD
        return MISSED if p99(self.quiet_ms) < MAX_QUIET_MS else TOO_BUSY


def p99(times: Sequence[float]) -> float:
    """Return the time that one of a hundred took longer than."""
    return sorted(times)[len(times) * 99 // 100]


def main() -> int:
    """Attack in every way, print a table; 1: a target was missed, 2: the machine was too busy."""
    named = os.environ.get("FRONT")
    table = Table(*COLUMNS, title="front")
    verdicts: list[int] = []
    for name in named.split(",") if named else ("none", *ATTACKS):
        with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
            seen = under(name, server)
        verdicts.append(seen.verdict)
        table.add_row(name, *told(seen))
    growth = f"< +{MAX_GROWTH_MB}"
    table.add_row("target", f"< {MAX_QUIET_MS}", f"< {MAX_P99_MS}", "", "0", growth)
    Console().print(table)
    if TOO_BUSY in verdicts:
        print("The machine was too busy to tell: run it with nothing beside it.", file=sys.stderr)
    return MISSED if MISSED in verdicts else max(verdicts)


def told(seen: Seen) -> list[str]:
    """Return a row's numbers."""
    return [
        f"{p99(seen.quiet_ms):.0f}",
        f"{p99(seen.times_ms):.0f}",
        f"{max(seen.times_ms):.0f}",
        str(seen.bad),
        f"+{seen.growth_mb:.0f}",
        f"{100 * seen.cpu_seconds / SECONDS:.0f}",
        f"{seen.times:,}",
        f"{1e6 * seen.cpu_seconds / seen.times:,.0f}" if seen.times else "",
    ]


def under(name: str, server: RunningServer) -> Seen:
    """Send events before, while and after an attack runs in a process of its own."""
    for _ in range(200):  # what a server takes for its first events is no growth
        probe(server)
    pid = server.process.pid
    before, _ = probes(server, QUIET_SECONDS)
    memory, cpu = _memory_mb(pid), cpu_seconds(pid)
    done, most = Event(), [memory]
    watch = Thread(target=_watch, args=(pid, done, most))
    watch.start()
    attack = None if name == "none" else _start(name, server)
    times, bad = probes(server, SECONDS)
    often = int(attack.communicate()[0]) if attack else 0
    cpu = cpu_seconds(pid) - cpu
    done.set()
    watch.join()
    after, _ = probes(server, QUIET_SECONDS)
    return Seen(
        quiet_ms=before + after,
        times_ms=times,
        bad=bad,
        growth_mb=max(most) - memory,
        cpu_seconds=cpu,
        times=often,
    )


def probes(server: RunningServer, seconds: float) -> tuple[list[float], int]:
    """Send events for so long; return what each took, and how many were not accepted."""
    times: list[float] = []
    bad, end = 0, time.monotonic() + seconds
    while time.monotonic() < end or not times:
        start = time.perf_counter()
        bad += probe(server) != 200
        times.append((time.perf_counter() - start) * 1000)
        time.sleep(PAUSE_SECONDS)
    return times, bad


def probe(server: RunningServer) -> int:
    """Send one event on a new connection; return the status, 0 where there was no answer."""
    key = {"x-eventbunker-write-key": server.demo["write_key"]}
    try:
        return server.call("POST", "/post", EVENT, key).status
    except OSError:
        return 0


def cpu_seconds(pid: int) -> float:
    """Return the CPU that a process has taken (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _start(name: str, server: RunningServer) -> "subprocess.Popen[str]":
    where = [server.url, server.demo["client_id"], server.demo["write_key"]]
    command = [sys.executable, "-m", "bench.front", name, str(SECONDS), *where]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _watch(pid: int, done: Event, most: list[float]) -> None:
    while not done.wait(0.05):
        most.append(_memory_mb(pid))


def _memory_mb(pid: int) -> float:
    """Return the most that a server and its workers ever had."""
    return sum(map(resident_mb, (pid, *workers_of(pid))))
