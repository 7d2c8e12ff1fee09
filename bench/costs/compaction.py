"""What compaction costs on AWS in a month: Athena's scans, S3's requests, the function's time.

The bytes of a row are measured here, as gzip lines and as Parquet columns; prices and rules are the
product's own.
"""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import duckdb
from rich.console import Console
from rich.table import Table

from bench.costs.sample import sample
from openbunker.core import ids
from openbunker_local.costs.compaction import RowBytes, month
from openbunker_local.costs.prices import MILLION

ROWS = 100_000


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
