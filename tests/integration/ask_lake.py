"""Asks hard questions of the lake in a data folder; prints rows, seconds and peak memory of each.

Run by test_query_memory.py in a process of its own, so that nobody else's memory counts.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "layers/shared")]

from openbunker.query.question import question  # noqa: E402
from openbunker.query.scope import Scope  # noqa: E402
from openbunker.query.sql import aggregates as sql  # noqa: E402
from openbunker_local.lake.engine import DuckLake  # noqa: E402
from tests.support.query.lake import NOW_MS, PROJECT  # noqa: E402

HOURS: dict[str, Any] = {"time_period": "minus_2_hours"}
QUESTIONS: tuple[dict[str, Any], ...] = (
    HOURS,
    {**HOURS, "group_by": ["event_name"]},
    {
        **HOURS,
        "group_by": ["plan", "cart.city"],
        "computations": [{"function": "sum", "field_name": "price"}, {"function": "count"}],
    },
    {**HOURS, "group_by": ["event_id"]},
    {**HOURS, "group_by": ["event_id", "url", "plan", "cart.city"]},
)


def told(**what: Any) -> None:
    """Print one line of JSON with the process's peak memory in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({**what, "peak_mb": peak}))


def main(data: Path) -> None:
    """Ask every question once."""
    lake = DuckLake(data, lambda: NOW_MS)
    told(question="none")
    for body in QUESTIONS:
        started = time.perf_counter()
        rows = lake.run(sql.plan(question.parse(body), Scope(PROJECT), NOW_MS).statement).rows
        seconds = round(time.perf_counter() - started, 2)
        told(question=body.get("group_by"), rows=len(rows), seconds=seconds)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
