"""`make fuzz`: 20,000 spoilt requests to every route of the template, and bodies of a MiB that take
long to read; exit 1 on any 5xx, and on any answer that took longer than a second of this process.

In process, through the local gateway and in payload format 1.0. Each route has a seed of its own,
so a finding comes again: `python -m bench fuzz` prints the seed and the request.
"""

import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from tests.support import fuzzing, mutations

REQUESTS = 20_000
MAX_SHOWN = 3
MAX_CPU_SECONDS = 1.0


@dataclass
class Tally:
    """What a route answered, and the requests that it should not have answered so."""

    classes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds of CPU, so that a machine with more to do finds nothing else


def main() -> int:
    """Fuzz every route, print a table and return 1 when anything but a 2xx or 4xx was met."""
    count = int(os.environ.get("FUZZ_REQUESTS", REQUESTS))
    seed = int(os.environ.get("FUZZ_SEED", random.SystemRandom().randint(1, 10**9)))
    routes = fuzzing.all_routes()
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        fuzzing.world(Path(folder)) as world,
        Progress(console=console) as progress,
    ):
        task = progress.add_task("fuzzing", total=(count + len(mutations.HEAVY)) * len(routes))
        tallies = {
            route: fuzz(world, route, count, random.Random(f"{seed} {route}"), (progress, task))
            for route in routes
        }
    columns = ("requests", "2xx", "4xx", "5xx", "slowest, ms", "findings")
    table = Table("route", *columns, title=f"FUZZ_SEED={seed}")
    for (method, path), tally in tallies.items():
        counts = [str(tally.classes[name]) for name in ("2xx", "4xx", "5xx")]
        counts += [f"{tally.slowest * 1000:.0f}", str(len(tally.findings))]
        table.add_row(f"{method} {path}", f"{tally.classes.total()}", *counts)
    Console().print(table)
    findings = [text for tally in tallies.values() for text in tally.findings[:MAX_SHOWN]]
    print("\n".join(findings), file=sys.stderr)
    return 1 if findings else 0


def fuzz(
    world: fuzzing.World,
    route: tuple[str, str],
    count: int,
    rng: random.Random,
    shown: tuple[Progress, TaskID],
) -> Tally:
    """Send that many requests to a route; an exception of a handler counts as a 5xx."""
    method, path = route
    tally = Tally()
    progress, task = shown
    spoilt = (fuzzing.spoilt(path, method, rng) for _ in range(count))
    for sent, payload_1 in chain(spoilt, _heavy(path, method)):
        problem = world.problem(sent, payload_1=payload_1)
        took = world.last_seconds
        tally.slowest = max(tally.slowest, took)
        if took > MAX_CPU_SECONDS and not problem:
            problem = f"took {took:.1f} s"
        tally.classes[f"{world.last_status // 100}xx"] += 1
        if problem:
            tally.findings.append(f"{method} {path}: {problem}\n  {sent}"[:2000])
        progress.advance(task)
    return tally


def _heavy(path: str, method: str) -> Iterator[tuple[fuzzing.Sent, bool]]:
    """Yield requests of a route whose bodies take long to read, by whom it knows."""
    for one in mutations.HEAVY:
        yield replace(fuzzing.fuel(path)[-1], method=method, body=mutations.heavy(one)), False
