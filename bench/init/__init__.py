"""Cold start: from spawn to ready and through the first event, of the built functions, in turns.

    python -m bench init

Builds layer and functions as they are deployed and starts each under Lambda's own runtime client,
beside an empty handler (the floor). Stream and table of keys answer over TLS on loopback. Absolute
times belong to this machine; what is held are ratios within one run, of CPU time where clocks are
noisy, and of instructions where valgrind is there to count them.

    away          What a function calls while it is measured: a stream and a table, over TLS
    functions     The functions that are started, their folders, environment and events
    instructions  Instructions of a start, counted by callgrind
    judge         What is held, and what a run says of it
    start         One start of one function, and what it took
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.awslambda import layer
from bench.awslambda.lambda_runtime import TARGET, target_python, version_of
from bench.init import away, functions, instructions, judge
from bench.init.functions import Started
from bench.init.start import Start, start
from tests.support.certificates import certificate

ROUNDS = 11


def main() -> int:
    """Measure, print the table, and return 1 when something is above what is held."""
    console = Console(width=144)
    python = target_python() or sys.executable
    with _built(python) as (package, started):
        starts = _measure(started, console)
        counted = _count(started, console)
        lasting, sizes = layer.has_lasting_bytecode(package), _sizes(package)
    console.print(_table(starts, counted))
    console.print(sizes)
    version = version_of(python)
    console.print(f"Python {version} ({python}); bytecode that lasts: {'yes' if lasting else 'no'}")
    if version != TARGET:
        console.print(f"not judged: the figures are Python {TARGET}'s, which is not here")
        return 0
    return judge.told(starts, counted, console.print)


@contextmanager
def _built(python: str) -> Iterator[tuple[Path, dict[str, Started]]]:
    """Build package and functions, and serve what they call, until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        pem = certificate(scratch)
        trust = pem.read_text()[pem.read_text().index("-----BEGIN CERT") :]
        package = layer.build(scratch, python, trust)
        with away.listening(pem) as url:
            yield package, functions.built(scratch, package, python, url)


def _measure(started: Mapping[str, Started], console: Console) -> dict[str, list[Start]]:
    """Start every function once a round, so that a busy moment of the machine hits them alike."""
    starts: dict[str, list[Start]] = {name: [] for name in started}
    for _ in track(range(ROUNDS), "starting functions", console=console, transient=True):
        for name, one in started.items():
            starts[name].append(start(one.function, one.event))
    return starts


def _count(started: Mapping[str, Started], console: Console) -> dict[str, float]:
    if not instructions.here():
        console.print("no instructions counted: that needs valgrind (apt-get install valgrind)")
        return {}
    named = track(started.items(), "counting instructions", console=console, transient=True)
    return {name: instructions.millions(one.function) for name, one in named}


def _sizes(built: Path) -> str:
    both, one = layer.megabytes(built), layer.megabytes(built, without="x86_64")
    return (
        f"layer: {both[0]:.1f} MB, packed {both[1]:.1f}; "
        f"with native code for arm64 alone {one[0]:.1f} MB, packed {one[1]:.1f}"
    )


def _table(starts: Mapping[str, list[Start]], counted: Mapping[str, float]) -> Table:
    """Return medians, and beside them how many times the floor's they are."""
    title = f"Cold start: spawn to ready, then the first event over TLS, medians of {ROUNDS} rounds"
    table = Table("function", title=title)
    for column in (
        *("ready ms", "CPU ms", "x floor", "first CPU", "with first, x"),
        *("first ms", "warm ms", "first / warm"),
        *("M instr.", "x floor", "MB"),
    ):
        table.add_column(column, justify="right")
    for name, found in starts.items():
        ratios = judge.ratios(starts, counted, name)
        table.add_row(
            name,
            f"{median(one.ready_ms for one in found):.1f}",
            f"{median(one.ready_cpu for one in found):.1f}",
            f"{ratios['init']:.2f}",
            f"{median(one.first_cpu for one in found):.1f}",
            f"{ratios['init and first event']:.2f}",
            f"{median(one.first_ms for one in found):.2f}",
            f"{median(one.warm_ms for one in found):.2f}",
            f"{ratios['first event, of a warm one']:.2f}",
            f"{counted[name]:.0f}" if counted else "-",
            f"{ratios['instructions']:.2f}" if counted else "-",
            f"{ratios['MB']:.1f}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
