"""`make chaos`, or `python -m bench.chaos`: servers are killed and hurt under load; exit 1 on loss.

Loopback only; ends only processes that it started; stops by itself after about five minutes.
A failing run is repeated with the `--seed` that it prints.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom
from time import perf_counter

from rich.console import Console
from rich.progress import Progress

from bench.chaos import report
from bench.chaos.scenarios import SCENARIOS, Plan
from bench.chaos.trial import Result


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="kill -9 under load")
    parser.add_argument("--workers", type=int, default=20, help="kill -9 of a worker under load")
    parser.add_argument("--restarts", type=int, default=10, help="starts over half-written files")
    parser.add_argument("--drains", type=int, default=6, help="SIGTERM under load")
    parser.add_argument("--compactions", type=int, default=10, help="waited for, under load")
    parser.add_argument("--faults", type=int, default=0, help="only the first ones of the table")
    parser.add_argument("--fault-seconds", type=float, default=2.0, help="load with each fault")
    parser.add_argument("--tempo", type=float, default=0.6, help="longest load before a kill, s")
    parser.add_argument("--only", choices=SCENARIOS, nargs="+", default=list(SCENARIOS))
    parser.add_argument("--seed", default=str(SystemRandom().randrange(10**9)))
    parser.add_argument("--json", type=Path, help="write the result to this file")
    parser.add_argument("--write-docs", action="store_true", help="and into docs/reliability.md")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run the scenarios, print a table, write what was asked for; 0 when nothing was found."""
    chosen, started = options(arguments), perf_counter()
    console = Console(stderr=True)
    console.print(f"chaos with --seed {chosen.seed}")
    folder = Path(tempfile.mkdtemp(prefix="openbunker-chaos-"))
    with Progress(console=console) as progress:
        results = run(chosen, folder, progress)
    result = report.document(chosen.seed, results, perf_counter() - started)
    Console(width=None if sys.stdout.isatty() else 160).print(report.screen(result))
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if not result["good"]:
        console.print(f"found something; the data folders are kept in {folder}")
        return 1
    shutil.rmtree(folder)
    if chosen.write_docs:
        report.write_docs(result)
    return 0


def run(chosen: argparse.Namespace, folder: Path, progress: Progress) -> list[Result]:
    """Return the results of the chosen scenarios."""
    task = progress.add_task("chaos", total=None)
    plan = Plan(
        folder=folder,
        seed=chosen.seed,
        kills=chosen.kills,
        workers=chosen.workers,
        restarts=chosen.restarts,
        drains=chosen.drains,
        compactions=chosen.compactions,
        tempo=chosen.tempo,
        fault_seconds=chosen.fault_seconds,
        faults=chosen.faults,
        step=lambda: progress.advance(task),
    )
    progress.update(task, total=sum(plan.steps()[name] for name in chosen.only))
    results: list[Result] = []
    for name in chosen.only:
        progress.update(task, description=name)
        results += SCENARIOS[name](plan)
    return results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
