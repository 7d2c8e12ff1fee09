"""What compaction costs on AWS in a month: Athena's scans, S3's requests, the function's time.

The bytes of a row are measured here, as gzip lines and as Parquet columns; prices are list prices
of us-east-1 as of 2026-09. How long a run takes and how many objects there are, are assumptions.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import duckdb
from rich.console import Console
from rich.table import Table

from bench.costs.prices import MILLION, PER_GB_SECOND, PER_PUT, sample
from openbunker.core import ids

PER_SCANNED_BYTE = 5 / 1e12
LEAST_SCANNED = 10_000_000
PER_GET = 0.0004 / 1_000
RUNS = 30 * 96  # every 15 minutes
# Assumptions: a run mostly waits for two statements; it writes a file a bucket and some metadata.
SECONDS_OF_A_RUN, MEMORY_GB = 20, 1.0
PUTS_OF_A_RUN = 8 + 5
OBJECTS_A_SECOND, SECONDS_A_MONTH, HOT_DAYS = 0.1, 30 * 86_400, 2
OPTIMIZED_A_DAY = 24
ROWS = 100_000


@dataclass(frozen=True, slots=True)
class RowBytes:
    """What an event takes: in gzip lines, in Parquet, and the keys of it alone."""

    hot: float
    cold: float
    keys: float


@dataclass(frozen=True, slots=True)
class Month:
    """Dollars a month: reading hot objects, looking for copies, upkeep, and the rest.

    Of senders' ids, `days` is the search through those of 30 days, `ever` of a year.
    """

    hot: float
    near: float
    days: float
    ever: float
    upkeep: float
    requests: float
    function: float

    @property
    def total(self) -> float:
        """Return the sum without the search for senders' ids."""
        return self.hot + self.near + self.upkeep + self.requests + self.function


def main() -> int:
    """Print the table."""
    row = measured()
    title = (
        f"compaction every 15 minutes, dollars a month; an event takes {row.hot:.0f} bytes hot, "
        f"{row.cold:.0f} cold, {row.keys:.0f} of them keys"
    )
    names = ("events a month", "read hot", "copies, own ids", "upkeep", "S3", "Lambda", "together")
    table = Table(*names, "senders' ids, 30 days", "a year", title=title)
    for events in (MILLION, 10 * MILLION, 100 * MILLION):
        one = month(row, events)
        cells = [one.hot, one.near, one.upkeep, one.requests, one.function, one.total]
        cells += [one.days, one.ever]
        table.add_row(f"{events:,}", *(f"{cell:.2f}" for cell in cells))
    Console().print(table)
    return 0


def month(row: RowBytes, events: int) -> Month:
    """Return what a month with so many events costs."""
    a_day, a_run = events / 30, events / RUNS
    objects = OBJECTS_A_SECOND * SECONDS_A_MONTH
    lists = OBJECTS_A_SECOND * 86_400 * (HOT_DAYS + 1) / 1_000 * RUNS
    return Month(
        hot=RUNS * (_scan(a_run * row.hot) + _scan(a_run * row.hot)),
        near=RUNS * a_day / 2 * row.keys * PER_SCANNED_BYTE,
        days=RUNS * events * row.keys * PER_SCANNED_BYTE,
        ever=RUNS * events * 12 * row.keys * PER_SCANNED_BYTE,
        upkeep=30 * (OPTIMIZED_A_DAY * _scan(a_day * 1.5 * row.cold) + _scan(a_day * row.cold)),
        requests=(RUNS * PUTS_OF_A_RUN + lists) * PER_PUT + 2 * objects * PER_GET,
        function=RUNS * SECONDS_OF_A_RUN * MEMORY_GB * PER_GB_SECOND,
    )


def _scan(count: float) -> float:
    return max(count, LEAST_SCANNED) * PER_SCANNED_BYTE


def measured() -> RowBytes:
    """Return the bytes of a row of events that differ as real ones do."""
    lines = _lines()
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "hot.json", Path(folder) / "cold.parquet"
        source.write_bytes(b"".join(lines))
        database = duckdb.connect()
        database.execute(f"COPY (FROM read_json('{source}')) TO '{target}' (COMPRESSION zstd)")
        sizes = database.execute(
            "SELECT path_in_schema, sum(total_compressed_size) FROM parquet_metadata(?) GROUP BY 1",
            [str(target)],
        ).fetchall()
    of_column: dict[str, int] = dict(sizes)
    keys = of_column["project_id"] + of_column["dedupe_key"]
    # A delivered object of an ordinary stream holds some tens of events.
    hot = len(gzip.compress(b"".join(lines[:50])))
    return RowBytes(hot / 50, sum(of_column.values()) / ROWS, keys / ROWS)


def _lines() -> Sequence[bytes]:
    """Return lines of ordinary events, with ids of the sender's as random as those really are."""
    event = json.loads(sample().data)
    start_ms, chance, lines = int(event["received_ms"]), Random(1), []
    for number in range(ROWS):
        at_ms = start_ms + number * 26
        own = {
            "event_id": ids.new_id(at_ms),
            "dedupe_key": f"segment::{chance.randbytes(16).hex()}",
            "anonymous_id": chance.randbytes(16).hex(),
            "url": f"https://shop.example/p/{chance.randrange(500)}",
            "properties": json.dumps({"plan": "pro", "amount": chance.randrange(100_000) / 100}),
            "timestamp_ms": at_ms - chance.randrange(3_000),
            "received_ms": at_ms,
        }
        lines.append(json.dumps({**event, **own}).encode() + b"\n")
    return lines
