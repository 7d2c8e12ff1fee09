"""The parts of `bench growth`, each a process: `python -m bench.growth.parts walk DATA`.

Prints one line of JSON. Makes no data.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from bench.query.data import NOW_MS, PROJECT
from openbunker.core.times import DAY_MS
from openbunker.query.answers import formats
from openbunker.query.question import cursor, listing, question
from openbunker.query.question.forms import Form
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from openbunker.query.sql import listing as listing_sql
from openbunker_local.lake.engine import DuckLake

PERIOD, SCOPE, ROUNDS, PAGES = "minus_30_days", Scope(PROJECT), 7, 1_000
# A question of ours, and what somebody would write by hand for it.
QUESTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "group": (
        {
            "group_by": ["event_name"],
            "computations": [
                {"function": "count"},
                {"function": "sum", "field_name": "metric_value"},
            ],
            "filters": [{"field_name": "country", "op": "equals", "value": "DE"}],
        },
        "SELECT event_name, count(*), sum(metric_value) FROM {} AND country = 'DE' GROUP BY 1",
    ),
    "property": (
        {"filters": [{"field_name": "plan", "op": "equals", "value": "p3"}]},
        "SELECT count(*) FROM {} AND json_extract_string(properties, '$.plan') = 'p3'",
    ),
    "unique": (
        {"computations": [{"function": "count_unique", "field_name": "user_id"}]},
        "SELECT count(DISTINCT user_id) FROM {}",
    ),
    "median": (
        {"computations": [{"function": "median", "field_name": "metric_value"}]},
        "SELECT median(metric_value) FROM {}",
    ),
}


def walk(data: Path) -> dict[str, float]:
    """Measure the first page of ten, and a walk."""
    with closing(DuckLake(data, lambda: NOW_MS)) as lake:
        first = [_timed(partial(_page, lake, 10, None))[0] for _ in range(ROUNDS)]
        times: list[float] = []
        place: str | None = None
        while len(times) < PAGES and (place or not times):
            took, place = _timed(partial(_page, lake, 100, place))
            times.append(took)
    some = max(1, len(times) // 10)
    ratio = median(times[-some:]) / median(times[:some])
    return {
        "first_ms": median(first),
        "page_ms": median(times),
        "last_to_first": ratio,
        "walk_mb": _peak_mb(),
    }


def ask(data: Path) -> dict[str, float]:
    """Compare questions with plain DuckDB's, each in its turn; memory is that of ours alone."""
    files = f"read_parquet('{data}/cold/*/*.parquet') WHERE project_id = '{PROJECT}' "
    files += f"AND timestamp_ms BETWEEN {NOW_MS - 30 * DAY_MS} AND {NOW_MS}"
    found: dict[str, float] = {}
    with closing(DuckLake(data, lambda: NOW_MS)) as lake:
        for body, _ in QUESTIONS.values():
            _asked(lake, body)
        found["ask_mb"] = _peak_mb()
        with duckdb.connect() as plain:
            for name, (body, text) in QUESTIONS.items():
                by_hand = text.format(files)
                rounds = [
                    (
                        _timed(partial(_asked, lake, body))[0],
                        _timed(partial(_by_hand, plain, by_hand))[0],
                    )
                    for _ in range(ROUNDS)
                ]
                ours, theirs = zip(*rounds, strict=True)
                found[name] = median(ours) / median(theirs)
    return found


def export(data: Path) -> dict[str, float]:
    """Export all as the command does, in a process of its own."""
    with tempfile.TemporaryDirectory(dir=data.parent) as folder:
        target = Path(folder) / "all.ndjson"
        command = [sys.executable, "-m", "openbunker_local", "export", "--ndjson", str(target)]
        command += ["--data", str(data), "--project", PROJECT]
        took, _ = _timed(lambda: subprocess.run(command, check=True, capture_output=True))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {"export_s": took / 1e3, "export_mb": peak / 1024}


def start(data: Path) -> dict[str, float]:
    """Start a server over the folder, and wait for its first answer."""
    command = [sys.executable, "-m", "openbunker_local", "run", "--port", "0", "--no-compact"]
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        for line in server.stdout or ():
            if "http://" in line:
                break
        took = time.perf_counter() - began
        server.terminate()
    return {"start_s": took}


def _page(lake: DuckLake, limit: int, place: str | None) -> str | None:
    body: dict[str, Any] = {"select": ["*"], "time_period": PERIOD, "limit": limit}
    body |= {"cursor": place} if place else {}
    page = listing_sql.page(listing.parse(body), body, SCOPE, NOW_MS)
    _, after = page.rows(lake.run(page.statement), partial(formats.fitting, Form.JSON))
    return cursor.text_of(after, body, PROJECT) if after else None


def _asked(lake: DuckLake, body: dict[str, Any]) -> list[list[Any]]:
    plan = sql.plan(question.parse({**body, "time_period": PERIOD}), SCOPE, NOW_MS)
    return plan.answer(lake.run(plan.statement))


def _by_hand(plain: duckdb.DuckDBPyConnection, text: str) -> list[Any]:
    return plain.execute(text).fetchall()


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = act()
    return (time.perf_counter() - began) * 1e3, found


def _peak_mb() -> float:
    """Return the most that this process held; its ru_maxrss begins with what its parent held."""
    told = Path("/proc/self/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    part = {"walk": walk, "ask": ask, "export": export, "start": start}[sys.argv[1]]
    print(json.dumps(part(Path(sys.argv[2]))))
