"""Questions: how soon, how fast over hot and over cold, and that history costs nothing.

Plain DuckDB reads the same Parquet files in the same run, round by round with ours; so does chdb,
where `.cache/chdb-venv/bin/python` has it (it is no dependency of ours). Exit 1 above a target.
"""

import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.query.data import NOW_MS, PROJECT, make_cold, make_hot
from bench.query.visible import PER_SECOND, visible_ms
from openbunker.core.times import DAY_MS
from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.files import LakeFiles

DAYS, PER_DAY, ROUNDS = 10, 1_000_000, 15
HOT_SECONDS, PER_OBJECT = 600, 100
MAX_VISIBLE_MS, MAX_MS, MAX_RATIO = 1_000, 300, 1.5
CHDB = Path(".cache/chdb-venv/bin/python")
FILTERED: dict[str, Any] = {
    "group_by": ["event_name"],
    "computations": [{"function": "count"}, {"function": "sum", "field_name": "metric_value"}],
    "filters": [{"field_name": "country", "op": "equals", "value": "DE"}],
}


class Report:
    """The rows of the table, and whether one of them missed its target."""

    def __init__(self) -> None:
        self.table = Table("measured", "value", "target", title="questions")
        self.missed = False

    def add(self, what: str, value: float, most: float | None = None, form: str = ",.0f") -> None:
        """Add a row; `most` is the target."""
        missed = most is not None and value >= most
        self.missed = self.missed or missed
        target = "" if most is None else f"< {most:{form}}"
        self.table.add_row(what, f"{value:{form}}", target, style="bold red" if missed else "")


def main() -> int:
    """Measure all parts, print a table; return 1 when a target is missed."""
    report = Report()
    with Progress(console=Console(stderr=True)) as progress:
        _visible(report, progress)
        _cold(report, progress)
        _hot(report)
        _history(report, progress)
    Console(width=110).print(report.table)
    if not CHDB.exists():
        print(f"chdb was not compared: there is no {CHDB}")
    return int(report.missed)


def _visible(report: Report, progress: Progress) -> None:
    times, rate = visible_ms(progress)
    report.add(f"events a second beside it (aim: {PER_SECOND})", rate)
    report.add("from the 200 to visible, p50 ms", times[len(times) // 2])
    report.add(
        "from the 200 to visible, p99 ms", times[int((len(times) - 1) * 0.99)], MAX_VISIBLE_MS
    )


def _cold(report: Report, progress: Progress) -> None:
    """Compare ours with plain DuckDB's, each in its turn, as both have cores and caches alike."""
    rows = f"{DAYS * PER_DAY:,} cold events"
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as plain:
        data = Path(folder)
        task = progress.add_task(f"making {rows}", total=DAYS)
        make_cold(data, DAYS, PER_DAY, lambda: progress.advance(task))
        with closing(DuckLake(data, lambda: NOW_MS)) as lake:
            ours, theirs = [], []
            for _ in range(ROUNDS):
                ours.append(_ms(lambda: asked(lake, DAYS)))
                theirs.append(_ms(lambda: plain.execute(plain_text(data)).fetchall()))
            same = sorted(map(tuple, asked(lake, DAYS)))
            assert [row[:2] for row in same] == [
                row[:2] for row in sorted(plain.execute(plain_text(data)).fetchall())
            ]
            report.add(f"group-by with a filter over {rows}, ms", median(ours), MAX_MS)
            report.add("plain DuckDB over the same files, ms", median(theirs))
            report.add("ours : plain DuckDB", median(ours) / median(theirs), MAX_RATIO, ".2f")
            if CHDB.exists():
                report.add("chdb over the same files, ms", _chdb(data))
            make_hot(data, 120, PER_OBJECT)
            beside = median(_ms(lambda: asked(lake, DAYS)) for _ in range(ROUNDS))
            report.add("the same beside 120 hot objects, ms", beside, MAX_MS)


def _hot(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_hot(Path(folder), HOT_SECONDS, PER_OBJECT)
        with closing(DuckLake(Path(folder), lambda: NOW_MS)) as lake:
            took = median(_ms(lambda: asked(lake, 1)) for _ in range(ROUNDS))
    what = f"the same over {HOT_SECONDS} hot objects of {PER_OBJECT} events, ms"
    report.add(what, took, MAX_MS)


def _history(report: Report, progress: Progress) -> None:
    """Ask about one day of ever longer histories."""
    task = progress.add_task("making 1, 10 and 100 days", total=111)
    for days in (1, 10, 100):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder)
            make_cold(data, days, 20_000, lambda: progress.advance(task))
            files = LakeFiles(data).of(plan(1).statement).cold
            size = sum(file.bytes for file in files)
            with closing(DuckLake(data, lambda: NOW_MS)) as lake:
                took = median(_ms(lambda: asked(lake, 1)) for _ in range(ROUNDS))
            what = f"one day of {days}: {len(files)} file(s), {size / 1e6:.1f} MB opened; ms"
            report.add(what, took, form=",.1f")
            report.missed = report.missed or len(files) != 1


def plan(days: int) -> sql.Plan:
    """Return the plan of the question over so many days."""
    body = FILTERED | {"time_period": f"minus_{days}_days"}
    return sql.plan(question.parse(body), Scope(PROJECT), NOW_MS)


def asked(lake: DuckLake, days: int) -> list[list[Any]]:
    """Return the rows of the question: parsed, planned, run, read."""
    planned = plan(days)
    return planned.answer(lake.run(planned.statement))


def plain_text(data: Path, files: str = "read_parquet('{}/cold/*/*.parquet')") -> str:
    """Return the same question as somebody would write it by hand."""
    low = NOW_MS - DAYS * DAY_MS
    return (
        f"SELECT event_name, count(*), sum(metric_value) FROM {files.format(data)} "
        f"WHERE project_id = '{PROJECT}' AND timestamp_ms BETWEEN {low} AND {NOW_MS} "
        "AND country = 'DE' GROUP BY 1"
    )


def _chdb(data: Path) -> float:
    """Return chdb's median for the same question, in a process of its own Python."""
    text = plain_text(data, "file('{}/cold/*/*.parquet', Parquet)")
    program = (
        "import sys, time, statistics, chdb\n"
        "def ms():\n"
        "    started = time.perf_counter(); chdb.query(sys.argv[1])\n"
        "    return (time.perf_counter() - started) * 1e3\n"
        f"print(statistics.median(ms() for _ in range({ROUNDS})))"
    )
    done = subprocess.run(
        [str(CHDB), "-c", program, text], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def _ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1e3
