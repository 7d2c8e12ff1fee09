"""The twin beside its promises: ready, a thousand resets that leave nothing, and `wait=visible`.

A start and an answer are what a user waits for, so they are wall-clock; the CPU of a start is told
too, since on a busy machine it is the number that stays.
"""

import os
import tempfile
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from openbunker.web.http import WAIT_HEADER
from openbunker_local.testing.client import Twin
from tests.support.memory import resident_mb
from tests.support.server import Reached, running_server

STARTS, PROBES, WARM = 10, 50, 20
RESETS = int(os.environ.get("TWIN_RESETS", "1000"))
MAX_READY_S, MAX_VISIBLE_S, MAX_GROWN_MB = 1.0, 0.7, 50.0
QUESTION = {"time_period": "all", "computations": [{"function": "count"}]}
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure, print a table; return 1 when a promise is broken."""
    rows = Table("measured", "value", title="twin")
    with Progress(console=Console(stderr=True)) as told:
        missed = [_ready(rows, told), _visible(rows, told), _resets(rows, told)]
    Console(width=110).print(rows)
    return int(any(missed))


def _ready(rows: Table, told: Progress) -> bool:
    walls, cores = list[float](), list[float]()
    for _ in told.track(range(STARTS), description="starting"):
        start = time.perf_counter()
        twin = Twin()
        walls.append(time.perf_counter() - start)
        cores.append(_cpu_s(twin.pid))
        twin.close()
    rows.add_row(f"from the command to its line, best of {STARTS}, s (< 1)", f"{min(walls):.2f}")
    rows.add_row("the median of them, s", f"{median(walls):.2f}")
    rows.add_row("CPU until then, best, s", f"{min(cores):.2f}")
    return min(walls) >= MAX_READY_S


def _visible(rows: Table, told: Progress) -> bool:
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        of_server = _waits(server, told)
    with closing(Twin()) as twin:
        of_twin = _waits(Reached(twin.url, twin.keys, Path()), told)
    for what, found in (("openbunker run", of_server), ("a twin", of_twin)):
        form = f"wait=visible of {what}, p50 of {PROBES}, s"
        rows.add_row(form + " (< 0.7)" * (found is of_server), f"{median(found):.2f}")
        rows.add_row("the slowest of them, s", f"{max(found):.2f}")
    return median(of_server) >= MAX_VISIBLE_S


def _waits(server: Reached, told: Progress) -> list[float]:
    """Return the seconds of answers that wait. Each is looked at: the event must be there."""
    spent = list[float]()
    for number in told.track(range(PROBES), description="waiting for events"):
        start = time.perf_counter()
        _send(server, 1)
        spent.append(time.perf_counter() - start)
        _hold(server, number + 1)
    return spent


def _resets(rows: Table, told: Progress) -> bool:
    with closing(Twin()) as twin:
        server = Reached(twin.url, twin.keys, Path())
        _reset_often(twin, server, range(WARM))
        before = _held(twin.pid)
        moments = [time.perf_counter()]
        for number in told.track(range(RESETS), description="resetting"):
            _reset_often(twin, server, [number])
            moments.append(time.perf_counter())
        after = _held(twin.pid)
    each = median(end - start for start, end in pairwise(moments))
    rows.add_row("resets, each with events that are counted before and after", f"{RESETS:,}")
    rows.add_row(
        "one of them, with its events, two questions and two counts, p50, s", f"{each:.2f}"
    )
    for what, first, last in zip(("files", "threads", "MB"), before, after, strict=True):
        rows.add_row(f"{what} that the twin holds, before and after", f"{first:.0f}, {last:.0f}")
    files, threads, grown = (last - first for first, last in zip(before, after, strict=True))
    return files > 2 or threads > 2 or grown > MAX_GROWN_MB


def _reset_often(twin: Twin, server: Reached, numbers: "range | list[int]") -> None:
    for number in numbers:
        count = 1 + number % 3
        _send(server, count)
        assert twin.counts()["good"] == count
        _hold(server, count)
        twin.reset()
        assert twin.counts()["good"] == 0, "an event of before a reset is there"
        _hold(server, 0)


def _send(server: Reached, count: int) -> None:
    path = f"/batch?client_id={server.demo['client_id']}&wait=visible"
    events = [{"type": "custom", "name": "probe", "properties": {"n": n}} for n in range(count)]
    answer = server.call("POST", path, events)
    assert (answer.status, answer.headers[WAIT_HEADER]) == (200, "visible"), answer


def _hold(server: Reached, count: int) -> None:
    found = server.ask(QUESTION)["rows"]
    assert found == [[count]], f"{found} events are visible, not {count}"


def _cpu_s(pid: int) -> float:
    """Return the seconds of CPU that a process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _held(pid: int) -> tuple[int, int, float]:
    process = Path(f"/proc/{pid}")
    files, threads = (len(list((process / name).iterdir())) for name in ("fd", "task"))
    return files, threads, resident_mb(pid)
