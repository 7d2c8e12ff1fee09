"""A million events and questions that are hard on memory, in a process of its own.

Slow; prints what it measured: `pytest -m slow -s tests/integration/test_query_memory.py`.
"""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from openbunker.core import layout
from tests.support.query.lake import NOW_MS, event, lines

EVENTS, OBJECTS = 1_000_000, 2_500
# The local runtime promises 300 MB in all; this is what a question may add to the server's own.
MAX_GROWTH_MB = 180
ASKER = Path(__file__).with_name("ask_lake.py")


@pytest.mark.slow
def test_a_million_events_fit_in_the_memory_of_one_machine(tmp_path: Path) -> None:
    per_object = EVENTS // OBJECTS
    properties = {"plan": "PLAN", "price": 4242, "cart": {"city": "Berlin"}}
    sample = event(0, url="https://shop.example/p", country="DE", properties=properties)
    line = lines([sample]).decode()
    for number in range(OBJECTS):
        at = NOW_MS - (OBJECTS - number) * 1000
        folder = tmp_path / layout.hot_prefix(at)
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(_numbered(line, number * per_object + n) for n in range(per_object))
        (folder / f"{number:05}.json.gz").write_bytes(gzip.compress(text.encode(), 1))

    done = subprocess.run(
        [sys.executable, str(ASKER), str(tmp_path)], check=True, capture_output=True, text=True
    )

    told = [json.loads(row) for row in done.stdout.splitlines()]
    for row in told:
        print(row)
    assert all(row["rows"] for row in told[1:])
    assert told[-1]["peak_mb"] - told[0]["peak_mb"] < MAX_GROWTH_MB


def _numbered(line: str, number: int) -> str:
    key = f"{number:032x}"
    return line.replace("key-0", key).replace("0" * 32, key).replace("PLAN", f"p{number % 7}")
