"""How listings, exports and questions grow with history: 100,000, 1 and 10 million events.

Each size is measured by a process of its own, whose memory counts; ratios are to plain DuckDB over
the same Parquet, round by round. `BENCH_EVENTS=30000000` measures other sizes, and
`BENCH_FOLDER=growth` makes the events there, keeps them, and takes those that it finds. Exit 1
above a target.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.query.data import make_cold
from openbunker_local.cold import manifest

SIZES, DAYS = (100_000, 1_000_000, 10_000_000), 30
# What is measured, and what it may be from a million events on: below, starting costs count.
ROWS: dict[str, tuple[str, float | None]] = {
    "first_ms": ("first page of 10, of all 30 days, ms", 150),
    "page_ms": ("page of a walk of 1,000 pages of 100, ms", None),
    "last_to_first": ("its last pages : its first", 2),
    "walk_mb": ("memory of the walk, MB", 300),
    "group": ("group-by with a filter : plain DuckDB", 1.0),
    "property": ("filter on a property : plain DuckDB", 1.3),
    "unique": ("count_unique : plain DuckDB", 1.2),
    "median": ("median : plain DuckDB", 1.2),
    "ask_mb": ("memory of the questions, MB", 300),
    "export_s": ("export of all as NDJSON, s", None),
    "export_mb": ("memory of the export, MB", 300),
    "start_s": ("start of a server, s", 2),
}


def main() -> int:
    """Measure all sizes, print a table; return 1 when a target is missed."""
    given = os.environ.get("BENCH_EVENTS")
    sizes = tuple(map(int, given.split(","))) if given else SIZES
    with Progress(console=Console(stderr=True)) as progress:
        found = {size: _size(size, progress) for size in sizes}
    table = Table("measured", *(f"{size:,}" for size in sizes), "target", title="growth")
    missed = False
    for name, (what, most) in ROWS.items():
        cells = []
        for size in sizes:
            value = found[size][name]
            over = most is not None and value > most and size >= SIZES[1]
            missed = missed or over
            cells.append(f"[bold red]{value:,.2f}[/]" if over else f"{value:,.2f}")
        table.add_row(what, *cells, "" if most is None else f"<= {most:g}")
    Console(width=110).print(table)
    return int(missed)


def _size(size: int, progress: Progress) -> dict[str, float]:
    kept = os.environ.get("BENCH_FOLDER")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(kept or folder) / str(size)
        task = progress.add_task(f"{size:,} events", total=DAYS + len(_PARTS))
        if not (data / manifest.FOLDER / manifest.FILE).exists():
            make_cold(data, DAYS, size // DAYS, lambda: progress.advance(task), projects=1)
        found: dict[str, float] = {}
        for part in _PARTS:
            found |= _part(part, data)
            progress.advance(task)
    return found


_PARTS = ("walk", "ask", "export", "start")


def _part(name: str, data: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.growth.parts", name, str(data)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))
