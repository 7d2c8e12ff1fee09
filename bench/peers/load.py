"""One round of load on one server: what wrk saw, and the CPU that the server took for it."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.peers.contenders import Contender

CONNECTIONS, PER_BATCH = 32, 100
# Who is slow loses rounds, and not the run.
PATIENT = ("--timeout", "10s")
MARK = "RESULT "
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Round:
    """Events that were answered as stored, and what they took."""

    per_second: float
    p99_ms: float
    cpu_us: float


def single(peer: Contender, seconds: int) -> Round:
    """Send one event a request."""
    return _round(peer, "single.lua", 1, seconds)


def batches(peer: Contender, seconds: int) -> Round:
    """Send a hundred events a request."""
    return _round(peer, "batch.lua", PER_BATCH, seconds)


def _round(peer: Contender, script: str, events: int, seconds: int) -> Round:
    """Load a server. Raises RuntimeError for an answer that is no success: it stored less."""
    before = cpu_seconds(peer.pids)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *PATIENT, "--latency", "-s"]
    done = subprocess.run(
        [*command, str(Path(__file__).parents[1] / script), peer.url],
        env={**os.environ, "OB_KEY": peer.write_key, "OB_CLIENT": peer.client_id},
        capture_output=True,
        text=True,
        check=True,
    )
    cpu = cpu_seconds(peer.pids) - before
    line = next(line for line in done.stdout.splitlines() if line.startswith(MARK))
    seen = json.loads(line.removeprefix(MARK))
    if seen["bad"] or not seen["requests"]:
        raise RuntimeError(f"{peer.name}: {seen}")
    stored = seen["requests"] * events
    return Round(stored / seen["seconds"], seen["p99_ms"], cpu / stored * 1e6)


def cpu_seconds(pids: tuple[int, ...]) -> float:
    """Return the CPU of processes and of their children so far."""
    return sum(map(_of_tree, pids))


def _of_tree(pid: int) -> float:
    """Return the CPU of a process and of its children, those that have ended included."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return 0.0
    return sum(map(int, stat[11:15])) / _TICK + sum(_of_tree(int(one)) for one in children)
