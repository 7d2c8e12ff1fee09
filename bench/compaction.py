"""Compaction of a million events, in a process as the server starts it: time, and its peak memory.

    python -m bench compaction

The objects are written as the delivery writes them, one a second; a tenth of the events have a
client's id, and of these one in a hundred comes twice. Then the same again on top of what is cold
by then: a minute's objects, and the whole million, of which nothing may stay.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import track
from rich.table import Table

from openbunker.core import ids, layout, records
from openbunker.core.event import Event
from openbunker.core.records import Record
from openbunker_local.cold import manifest
from openbunker_local.compaction.worker import COMMAND

EVENTS, OBJECTS, PROJECTS = 1_000_000, 3_600, 20
START_MS, SECOND_MS = 1_795_219_200_000, 1_000
MAX_SECONDS, MAX_MIB = 15, 1024
MEASURES = ("seconds", "CPU", "peak MiB", "hot", "cold")
REPEATED = range(300, EVENTS, 1_000)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a compaction took and did. `cpu_seconds` and `peak_mib` are of its process alone."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    told: dict[str, Any]


def main() -> int:
    """Fill, compact three times, print; return 1 when one of them takes too much."""
    table = Table(title="compaction, in a niced process of its own")
    for name in ("what", "objects", "events", "copies", *MEASURES):
        table.add_column(name, justify="left" if name == "what" else "right")
    worst = False
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        for what, hour, objects in (
            ("a million events", 0, OBJECTS),
            ("a minute's, once more", 1, 60),
            ("the million, once more", 2, OBJECTS),
        ):
            hot = fill(data, hour, objects)
            done = compacted(data)
            worst = worst or done.seconds >= MAX_SECONDS or done.peak_mib >= MAX_MIB
            row = (done.told["objects"], done.told["rows"])
            copies = done.told["copies"] + done.told["again"]
            table.add_row(what, *(f"{n:,}" for n in (*row, copies)), *_sizes(data, done, hot))
            assert _cold_events(data) == EVENTS - len(REPEATED), "one is lost, or there twice"
    table.caption = f"hot, cold: MiB of files. Target: under {MAX_SECONDS} s and {MAX_MIB:,} MiB"
    Console(width=100).print(table)
    return int(worst)


def fill(data: Path, hour: int, objects: int) -> int:
    """Write the first objects of the million as if they came in an hour; return their bytes."""
    size = 0
    for number in track(range(objects), "Writing objects", console=Console(stderr=True)):
        arrival = START_MS + (hour * OBJECTS + number) * SECOND_MS
        unique = str(UUID(int=hour * OBJECTS + number))
        path = data / layout.hot_prefix(arrival) / layout.object_name("events", arrival, unique)
        path.parent.mkdir(parents=True, exist_ok=True)
        size += path.write_bytes(content(number))
    return size


@cache  # the million is written twice
def content(number: int) -> bytes:
    """Return an object as the delivery would write it."""
    return gzip.compress(b"".join(encoded(one) for one in events(number)), 1)


def events(number: int) -> Iterator[Event]:
    """Yield the events of an object, which its number decides."""
    random = Random(number)
    first, last = EVENTS * number // OBJECTS, EVENTS * (number + 1) // OBJECTS
    for index in range(first, last):
        at_ms = START_MS + index * OBJECTS * SECOND_MS // EVENTS
        event_id = f"{ids.new_id(at_ms)[:12]}7{index:019x}"
        yield Event(
            project_id=f"project-{index % PROJECTS}",
            event_id=event_id,
            dedupe_key=_dedupe_key(index) or event_id,
            dialect="segment",
            key_id=f"key-{index % PROJECTS}",
            event_name=random.choice(("page", "click", "order", "signup")),
            timestamp_ms=at_ms - random.randrange(5_000),
            received_ms=at_ms,
            anonymous_id=f"{random.getrandbits(128):032x}",
            url=f"https://example.com/products/{random.randrange(10_000)}?ref={random.random()}",
            browser=random.choice(("Chrome", "Firefox", "Safari")),
            country=random.choice(("de", "fr", "us")),
            properties={"price": random.random(), "text": f"{random.getrandbits(256):064x}"},
        )


def _dedupe_key(index: int) -> str:
    """Return the client's id of every tenth event; one in a hundred of these comes again."""
    if index % 10:
        return ""
    return f"segment:key:order-{index - 200 if index in REPEATED else index}"


def encoded(event: Event) -> bytes:
    """Return an event's line."""
    record = records.encode(event)
    assert isinstance(record, Record)
    return record.data


def compacted(data: Path) -> Measured:
    """Compact all that lies there in a child, and measure it."""
    end_ms = START_MS + 3 * OBJECTS * SECOND_MS
    command = [*COMMAND, str(data), str(end_ms), str(end_ms)]
    started = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        out = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    told = json.loads(out)
    assert "rows" in told, told
    to_kib = 1024 if sys.platform == "darwin" else 1
    cpu_seconds = used.ru_utime + used.ru_stime
    return Measured(seconds, cpu_seconds, used.ru_maxrss / to_kib / 1024, told)


def _sizes(data: Path, done: Measured, hot: int) -> list[str]:
    cold = sum(file.bytes for file in manifest.load(data).files)
    mib = (done.peak_mib, hot / 2**20, cold / 2**20)
    times = (f"{done.seconds:.1f}", f"{done.cpu_seconds:.1f}")
    return [*times, *(f"{number:,.0f}" for number in mib)]


def _cold_events(data: Path) -> int:
    return sum(file.rows for file in manifest.load(data).of("rows"))


if __name__ == "__main__":
    sys.exit(main())
