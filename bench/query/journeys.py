"""What a funnel and the names of events cost over a million events: the CPU of all threads.

    python -m bench.query.journeys

The routes' own code over 20 cold days of one project. A funnel's five steps take half of the rows.
"""

import json
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.query.data import NOW_MS, PROJECT, make_cold
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query.endpoint import serve_query
from openbunker.query.services import QueryServices
from openbunker_local.lake.engine import DuckLake

DAYS, PER_DAY, TIMES = 20, 50_000, 5
KEY = Key(key_id="k", kind=KeyKind.QUERY, account_id="a", project_id=PROJECT)
STEPS = [{"event_name": f"event_{number}"} for number in range(5)]
PERIOD = {"time_period": f"minus_{DAYS}_days"}


def main() -> int:
    """Measure and print."""
    table = Table("over 1,000,000 events of 20 days", "CPU, ms", "elapsed, ms")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        make_cold(data, DAYS, PER_DAY, lambda: None, projects=1)
        with closing(DuckLake(data, lambda: NOW_MS)) as lake:
            for what, event in questions().items():
                cpu, elapsed = zip(*(_timed(lake, event) for _ in range(TIMES)), strict=True)
                table.add_row(what, *(f"{statistics.median(one):,.0f}" for one in (cpu, elapsed)))
    Console().print(table)
    return 0


def questions() -> dict[str, dict[str, Any]]:
    """Return what is asked, as the gateway hands it over."""
    funnel = {**PERIOD, "funnel": {"steps": STEPS, "within": "7_days"}}
    back = {**PERIOD, "retention": {"start": STEPS[0], "back": STEPS[1]}}
    return {
        "a funnel of five steps": _event("POST", "/v1/query/json", json.dumps(funnel)),
        "retention": _event("POST", "/v1/query/json", json.dumps(back)),
        "names, with days": _event("GET", "/v1/events/names", query="days=20"),
        "a name, with its properties": _event(
            "GET", "/v1/events/names", query="days=20&name=event_3"
        ),
    }


def _event(method: str, path: str, body: str = "", query: str = "") -> dict[str, Any]:
    return {
        "rawPath": path,
        "rawQueryString": query,
        "requestContext": {"http": {"method": method}},
        "headers": {"x-eventbunker-query-key": "q"},
        "body": body,
    }


def _timed(lake: DuckLake, event: dict[str, Any]) -> tuple[float, float]:
    """Return the milliseconds of CPU, and those that passed."""
    keys = MemoryKeyStore()
    keys.add(hash_of("q"), KEY)
    services = QueryServices(
        keys=keys, engine=lake, now_ms=lambda: NOW_MS, log=lambda _: None,
        visible=lambda: (NOW_MS, lake.files.state(NOW_MS)),
    )  # fmt: skip
    cpu, begun = time.process_time(), time.perf_counter()
    reply = serve_query(event, None, services)
    assert reply["statusCode"] == 200, reply
    return (time.process_time() - cpu) * 1e3, (time.perf_counter() - begun) * 1e3


if __name__ == "__main__":
    main()
