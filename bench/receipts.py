"""Receipts over a million events: a folder as a day's stream would leave it, and look-ups in it.

Once as it was delivered, once compacted. No server: the objects are written as the delivery writes
them, and the store is asked as the query function asks it. A busy folder has them all in one hour,
a quiet one over a day.
"""

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.table import Table

from openbunker.core import layout, records
from openbunker.core.event import Event
from openbunker.core.records import Record
from openbunker.core.times import HOUR_MS, MINUTE_MS
from openbunker.query.receipts import Sought, receipt
from openbunker.query.scope import Scope
from openbunker_local.cold.manifest import load
from openbunker_local.compaction.run import compact
from openbunker_local.lake.receipts import FolderReceipts
from openbunker_local.stream.id_index import IdIndex

EVENTS, LOOK_UPS, MAX_P99_MS = 1_000_000, 100, 200
START_MS = 1_795_219_200_000
SCOPE = Scope("project")
# A segment of the embedded stream lives half a second: at most two objects a second.
SPREADS = {"an hour": (HOUR_MS, 500), "a day": (24 * HOUR_MS, 5_000)}


def main() -> int:
    """Fill, look up, print; return 1 when look-ups of a kind take too long."""
    table = Table(
        "events over", "files", "asked by", "p50 ms", "p99 ms", "target", title="receipts"
    )
    slow = False
    for name, (length_ms, step_ms) in SPREADS.items():
        for place in ("hot", "cold"):
            with tempfile.TemporaryDirectory() as folder:
                objects = fill(Path(folder), length_ms, step_ms)
                if place == "cold":
                    objects = make_cold(Path(folder), length_ms)
                for asked, text, known in (
                    ("our id", ours, True),
                    ("an id that nobody was given", lambda n, ms: f"{ours(n + EVENTS, ms)}", False),
                    ("a client's id, in the last hour", client, True),
                    ("a client's id that nobody sent", lambda n, _: f"never-{n}", False),
                ):
                    p50, p99 = measured(Path(folder), length_ms, text, known)
                    slow = slow or p99 >= MAX_P99_MS
                    goal = f"< {MAX_P99_MS}"
                    table.add_row(
                        f"{name}, {place}", f"{objects:,}", asked, f"{p50:.1f}", f"{p99:.1f}", goal
                    )
    Console(width=100).print(table)
    return int(slow)


def ours(number: int, at_ms: int) -> str:
    """Return an id of ours that a number and a time decide."""
    return f"{at_ms:012x}7{number % 4096:03x}8{number:015x}"


def client(number: int, _at_ms: int) -> str:
    """Return what a client would call the event; every tenth one has such an id."""
    return f"order-{number // 10 * 10}"


def fill(data: Path, length_ms: int, step_ms: int) -> int:
    """Write the events as objects of one step each; return how many objects."""
    steps, index = length_ms // step_ms, IdIndex(data)
    for step in range(steps):
        numbers = range(EVENTS * step // steps, EVENTS * (step + 1) // steps)
        lines = b"".join(line(number, at(number, length_ms)) for number in numbers)
        arrival = START_MS + step * step_ms
        unique = str(UUID(int=step))
        path = data / layout.hot_prefix(arrival) / layout.object_name("events", arrival, unique)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(compressed(lines))
        ids = index.collector()
        ids.add(lines)
        index.add(path, ids)
    return steps


def make_cold(data: Path, length_ms: int) -> int:
    """Compact all of it, and take the objects away; return how many cold files there are."""
    later_ms = START_MS + length_ms + 2 * MINUTE_MS
    for _ in range(2):
        compact(data, later_ms, later_ms)
    return len(load(data).of("rows"))


def at(number: int, length_ms: int) -> int:
    """Return when an event was received."""
    return START_MS + number * length_ms // EVENTS


def line(number: int, at_ms: int) -> bytes:
    """Return a row of usual size."""
    event_id = ours(number, at_ms)
    event = Event(
        project_id="project",
        event_id=event_id,
        dedupe_key=event_id if number % 10 else f"segment:key:order-{number}",
        dialect="segment",
        key_id="key",
        event_name=f"bench_{number % 10}",
        timestamp_ms=at_ms,
        received_ms=at_ms,
        properties={"n": number, "note": "x" * 200},
    )
    record = records.encode(event)
    assert isinstance(record, Record)
    return record.data


def compressed(lines: bytes) -> bytes:
    """Return what the delivery would write."""
    import gzip

    return gzip.compress(lines, 1)


def measured(
    data: Path, length_ms: int, text: Callable[[int, int], str], known: bool
) -> tuple[float, float]:
    """Return the median and the 99th percentile of look-ups at random, in milliseconds."""
    store, rng, times = FolderReceipts(data), random.Random(7), []
    now_ms = START_MS + length_ms
    last_hour = EVENTS - EVENTS * HOUR_MS // length_ms
    for _ in range(LOOK_UPS):
        number = rng.randrange(last_hour if text is client else 0, EVENTS) // 10 * 10 + 1
        number -= text is client
        sought = Sought.of(text(number, at(number, length_ms)))
        started = time.perf_counter()
        found = receipt(sought, store.sightings(SCOPE, sought, now_ms))
        times.append((time.perf_counter() - started) * 1e3)
        assert (found is not None) == known, sought
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.99)]
