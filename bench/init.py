"""Cold start: from spawn to ready, of the built functions and of an empty handler, in turns.

    python -m bench init

Builds the layer as it is deployed and starts each function under Lambda's own runtime client.
Absolute times belong to this machine; the ratio to the empty handler is what is held.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import layer
from bench.lambda_runtime import ROOT, TARGET, client_folder, target_python, version_of
from bench.worker import Function, Worker

ROUNDS = 21
CEILING = 3.5
JUDGED = "track"
EMPTY = "empty handler"
HOT = ("track", "batch", "key_validation")
ENVIRON = {
    "OPENBUNKER_STREAM": "events",
    "OPENBUNKER_KEYS_TABLE": "keys",
    "OPENBUNKER_GLUE_DATABASE": "openbunker",
    "OPENBUNKER_ATHENA_WORKGROUP": "openbunker",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
}


def main() -> int:
    """Measure, print the table, and return 1 when the judged ratio is above the ceiling."""
    console = Console()
    python = target_python() or sys.executable
    with tempfile.TemporaryDirectory() as scratch:
        built = layer.build(Path(scratch), python)
        functions = _functions(Path(scratch), built, python)
        times = _measure(functions, console)
        lasting = layer.has_lasting_bytecode(built)
    console.print(_table(times))
    version = version_of(python)
    console.print(f"Python {version} ({python}); bytecode that lasts: {'yes' if lasting else 'no'}")
    return _judge(times, version, console)


def _functions(scratch: Path, built: Path, python: str) -> dict[str, Function]:
    empty = scratch / "empty"
    empty.mkdir()
    (empty / "app.py").write_text("def handler(event, context):\n    return {}\n")
    bare = layer.without_bytecode(built, scratch / "bare")
    runtime = client_folder(python)
    folders = {name: (ROOT / "functions" / name, built) for name in HOT}
    folders = {EMPTY: (empty, built), **folders}
    folders["track without bytecode"] = (ROOT / "functions" / "track", bare)
    return {
        name: Function(python=python, path=(*paths, runtime), environ=ENVIRON)
        for name, paths in folders.items()
    }


def _measure(functions: Mapping[str, Function], console: Console) -> dict[str, list[float]]:
    """Start every function once a round, so that a busy moment of the machine hits them alike."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in track(range(ROUNDS), "starting functions", console=console, transient=True):
        for name, function in functions.items():
            with Worker(function) as worker:
                times[name].append(worker.init_seconds * 1000)
    return times


def _table(times: Mapping[str, list[float]]) -> Table:
    table = Table("function", title=f"Cold start, spawn to ready, {ROUNDS} rounds")
    for column in ("median ms", "min ms", "x empty"):
        table.add_column(column, justify="right")
    for row in _rows(times):
        table.add_row(*row)
    return table


def _rows(times: Mapping[str, list[float]]) -> Iterator[tuple[str, str, str, str]]:
    for name, found in times.items():
        yield name, f"{median(found):.1f}", f"{min(found):.1f}", f"{_ratio(times, name):.2f}"


def _ratio(times: Mapping[str, list[float]], name: str) -> float:
    return median(times[name]) / median(times[EMPTY])


def _judge(times: Mapping[str, list[float]], version: str, console: Console) -> int:
    if version != TARGET:
        console.print(f"not judged: the ceiling holds for Python {TARGET}, which is not here")
        return 0
    ratio = _ratio(times, JUDGED)
    verdict = "within" if ratio <= CEILING else "ABOVE"
    console.print(f"{JUDGED} takes {ratio:.2f} x an empty handler: {verdict} the {CEILING} x held")
    return int(ratio > CEILING)


if __name__ == "__main__":
    sys.exit(main())
