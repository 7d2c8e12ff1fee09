"""Cold start: from spawn to ready, of the built functions and of an empty handler, in turns.

    python -m bench init

Builds the layer as it is deployed and starts each function under Lambda's own runtime client.
Absolute times belong to this machine; the ratio to the empty handler is what is held. The first
answer shows what was only put off: it is a refusal, so that no other service is part of it.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.awslambda import layer
from bench.awslambda.lambda_runtime import ROOT, TARGET, client_folder, target_python, version_of
from bench.awslambda.worker import Function, Worker

ROUNDS = 21
CEILING = 3.5
JUDGED = "track"
EMPTY = "empty handler"
BARE = "track, no bytecode"
HOT = ("track", "batch", "key_validation")
FIRST_EVENTS = {
    EMPTY: "eventbunker-post-missing-key",
    "track": "eventbunker-post-missing-key",
    BARE: "eventbunker-post-missing-key",
    "batch": "databuddy-batch-not-a-list",
    "key_validation": "keys-validate-post-missing-key",
}
ENVIRON = {
    "OPENBUNKER_STREAM": "events",
    "OPENBUNKER_KEYS_TABLE": "keys",
    "OPENBUNKER_GLUE_DATABASE": "openbunker",
    "OPENBUNKER_ATHENA_WORKGROUP": "openbunker",
    "OPENBUNKER_SPILL_QUEUE": "https://sqs.us-east-1.amazonaws.com/123456789012/spill",
    "OPENBUNKER_BUCKET": "events",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
}


@dataclass(frozen=True, slots=True)
class Start:
    """Milliseconds from spawn to ready, and from the first event to its answer."""

    ready_ms: float
    answer_ms: float


def main() -> int:
    """Measure, print the table, and return 1 when the judged ratio is above the ceiling."""
    console = Console()
    python = target_python() or sys.executable
    with tempfile.TemporaryDirectory() as scratch:
        built = layer.build(Path(scratch), python)
        functions = _functions(Path(scratch), built, python)
        starts = _measure(functions, console)
        lasting = layer.has_lasting_bytecode(built)
        sizes = _sizes(built)
    console.print(_table(starts))
    console.print(sizes)
    version = version_of(python)
    console.print(f"Python {version} ({python}); bytecode that lasts: {'yes' if lasting else 'no'}")
    return _judge(starts, version, console)


def _functions(scratch: Path, built: Path, python: str) -> dict[str, Function]:
    empty = scratch / "empty"
    empty.mkdir()
    (empty / "app.py").write_text("def handler(event, context):\n    return {}\n")
    bare = layer.without_bytecode(built, scratch / "bare")
    runtime = client_folder(python)
    folders = {name: (ROOT / "functions" / name, built) for name in HOT}
    folders = {EMPTY: (empty, built), **folders}
    folders[BARE] = (ROOT / "functions" / "track", bare)
    return {
        name: Function(python=python, path=(*paths, runtime), environ=ENVIRON)
        for name, paths in folders.items()
    }


def _measure(functions: Mapping[str, Function], console: Console) -> dict[str, list[Start]]:
    """Start every function once a round, so that a busy moment of the machine hits them alike."""
    starts: dict[str, list[Start]] = {name: [] for name in functions}
    for _ in track(range(ROUNDS), "starting functions", console=console, transient=True):
        for name, function in functions.items():
            starts[name].append(_start(function, _event(FIRST_EVENTS[name])))
    return starts


def _start(function: Function, event: Mapping[str, Any]) -> Start:
    with Worker(function) as worker:
        asked = time.perf_counter()
        worker.invoke(event)
        answer_ms = (time.perf_counter() - asked) * 1000
        return Start(worker.init_seconds * 1000, answer_ms)


def _event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_bytes())
    return event


def _sizes(built: Path) -> str:
    both, one = layer.megabytes(built), layer.megabytes(built, without="x86_64")
    return (
        f"layer: {both[0]:.1f} MB, packed {both[1]:.1f}; "
        f"with native code for arm64 alone {one[0]:.1f} MB, packed {one[1]:.1f}"
    )


def _table(starts: Mapping[str, list[Start]]) -> Table:
    table = Table(
        "function", title=f"Cold start: spawn to ready, then the first answer, {ROUNDS} rounds"
    )
    for column in ("median ms", "min ms", "x empty", "answer ms"):
        table.add_column(column, justify="right")
    for row in _rows(starts):
        table.add_row(*row)
    return table


def _rows(starts: Mapping[str, list[Start]]) -> Iterator[tuple[str, ...]]:
    for name, found in starts.items():
        ready = [start.ready_ms for start in found]
        answers = [start.answer_ms for start in found]
        told = (f"{median(ready):.1f}", f"{min(ready):.1f}", f"{_ratio(starts, name):.2f}")
        yield name, *told, f"{median(answers):.1f}"


def _ratio(starts: Mapping[str, list[Start]], name: str) -> float:
    first, floor = (median(start.ready_ms for start in starts[key]) for key in (name, EMPTY))
    return first / floor


def _judge(starts: Mapping[str, list[Start]], version: str, console: Console) -> int:
    if version != TARGET:
        console.print(f"not judged: the ceiling holds for Python {TARGET}, which is not here")
        return 0
    ratio = _ratio(starts, JUDGED)
    verdict = "within" if ratio <= CEILING else "ABOVE"
    console.print(f"{JUDGED} takes {ratio:.2f} x an empty handler: {verdict} the {CEILING} x held")
    return int(ratio > CEILING)


if __name__ == "__main__":
    sys.exit(main())
