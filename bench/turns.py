"""Counts of one project beside heavy questions of another: seconds, memory, what a child costs.

One process holds the lake, as a server does; its children are measured by the kernel's numbers.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.query.data import NOW_MS, make_cold
from bench.query.visible import visible_ms
from openbunker.core.errors import QueryUnavailable
from openbunker.core.times import DAY_MS
from openbunker.query.engine import Statement
from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from openbunker.query.user_sql import check, tree
from openbunker_local.lake.engine import DuckLake
from tests.support.memory import peak_mb, resident_mb

DAYS, PER_DAY, COUNTS, HEAVY = 3, 1_000_000, 40, 5
PERIOD = (NOW_MS - DAYS * DAY_MS, NOW_MS)
# A sort of everything, which does not fit into memory.
TEXT = (
    "select event_id, row_number() over (partition by country order by event_id desc) as n"
    " from events order by n desc, event_id limit 10"
)
MAX_MEDIAN_MS, MAX_VISIBLE_MS, PER_SECOND = 1_000, 1_000, 200


def main() -> int:
    """Measure, print a table; return 1 when counts wait."""
    rows = Table("measured", "value", title="turns")
    with tempfile.TemporaryDirectory() as folder, Progress(console=Console(stderr=True)) as told:
        data = Path(folder)
        task = told.add_task("making cold events", total=DAYS)
        make_cold(data, DAYS, PER_DAY, lambda: told.advance(task))
        with closing(DuckLake(data, lambda: NOW_MS, processes=2)) as lake:
            waited = _measured(lake, rows)
        late = _fresh(rows, told)
    Console(width=110).print(rows)
    return int(waited > MAX_MEDIAN_MS or late > MAX_VISIBLE_MS)


def _fresh(rows: Table, told: Progress) -> float:
    """Measure how soon events are in answers while both children are busy."""
    alone, _ = visible_ms(told, PER_SECOND)
    times, rate = visible_ms(told, PER_SECOND, beside_heavy=True)
    p99 = times[int((len(times) - 1) * 0.99)]
    rows.add_row("events a second beside ten heavy questions of two projects", f"{rate:,.0f}")
    rows.add_row(
        "without these, from the 200 to visible, p50, ms", f"{alone[len(alone) // 2]:,.0f}"
    )
    slowest = alone[int((len(alone) - 1) * 0.99)]
    rows.add_row("without these, from the 200 to visible, p99, ms", f"{slowest:,.0f}")
    rows.add_row("from the 200 to visible, p50, ms", f"{times[len(times) // 2]:,.0f}")
    rows.add_row(f"from the 200 to visible, p99, ms (< {MAX_VISIBLE_MS:,})", f"{p99:,.0f}")
    return p99


def _measured(lake: DuckLake, rows: Table) -> float:
    def add(what: str, value: float, form: str = ",.0f") -> None:
        rows.add_row(what, f"{value:{form}}")

    children = lake.lanes.children
    assert children
    _ms(lambda: lake.run(_count("project-2")))
    alone = [_ms(lambda: lake.run(_count("project-2"))) for _ in range(COUNTS)]
    add(f"a count of a project's {DAYS * PER_DAY // 3:,} events alone, ms", median(alone))
    add("memory of this process before, MB", resident_mb())
    small = _select("select 1 from events limit 1", "project-2")
    first, second = (_ms(lambda: lake.run(small)) for _ in range(2))
    add("first small SELECT, with the start of a child, ms", first)
    add("the same again, ms", second)
    add("memory of a child that has answered a small one, MB", resident_mb(children.pids()[0]))
    stop = threading.Event()
    threads = [threading.Thread(target=_heavy, args=(lake, stop)) for _ in range(HEAVY)]
    for thread in threads:
        thread.start()
    while lake.lanes.heavy.waiting < HEAVY - 1:
        time.sleep(0.01)
    beside = sorted(_ms(lambda: lake.run(_count("project-2"))) for _ in range(COUNTS))
    add(f"a count beside {HEAVY} heavy questions of another project, p50, ms", median(beside))
    add("the slowest of them, ms", beside[-1])
    add("a small SELECT beside them, ms", _ms(lambda: lake.run(small)))
    add("memory of this process after, MB", resident_mb())
    add("most memory of a child, MB", max(map(peak_mb, children.pids())))
    stop.set()
    lake.close()
    for thread in threads:
        thread.join()
    return median(beside)


def _heavy(lake: DuckLake, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            lake.run(_select(TEXT, "project-1"))
        except QueryUnavailable:
            continue


def _count(project: str) -> Statement:
    body = {"time_period": f"minus_{DAYS}_days"}
    return sql.plan(question.parse(body), Scope(project), NOW_MS).statement


def _select(text: str, project: str) -> Statement:
    return tree.plan(check.read(text), Scope(project), PERIOD, NOW_MS).statement


def _ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1e3
