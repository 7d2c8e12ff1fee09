"""What the search for senders' ids reads of their history where it lies in buckets by hash.

A simulation with real files: random ids in Parquet, a file a bucket, and runs that look for as
many ids as come in fifteen minutes. A run reads the buckets that one of its ids falls into, whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import duckdb
from rich.console import Console
from rich.table import Table

from bench.costs.compaction import measured
from openbunker_local.costs.compaction import RUNS
from openbunker_local.costs.prices import MILLION, PER_SCANNED_BYTE

# Athena writes to 100 partitions in one statement at most; 1,024 could only be a table that
# another engine writes.
BUCKETS = (1, 64, 100, 1_024)
HISTORY, MONTHS, SAMPLES = 300_000, 12, 5
EVENTS = (100_000, MILLION, 10 * MILLION, 100 * MILLION)


@dataclass(frozen=True, slots=True)
class Files:
    """The sizes in bytes of a history's files, one a bucket."""

    sizes: Sequence[int]

    def share(self, ids: int, chance: Random) -> float:
        """Return which part of the history a run with so many new ids reads."""
        touched = {bucket_of(new_id(chance), len(self.sizes)) for _ in range(ids)}
        return sum(self.sizes[one] for one in touched) / sum(self.sizes)


def main() -> int:
    """Print the table."""
    table = Table(title="search for senders' ids after a year, by hash: part of the history a run")
    prices = ("$ a month in one", f"in {BUCKETS[-1]:,}")
    for name in ("events a month", "ids a run", *(f"{n:,} buckets" for n in BUCKETS), *prices):
        table.add_column(name, justify="right")
    files, chance, keys = [history(count) for count in BUCKETS], Random(2), measured().keys
    for events in EVENTS:
        ids = events // RUNS
        shares = [mean(one, ids, chance) for one in files]
        dollars = RUNS * events * MONTHS * keys * PER_SCANNED_BYTE
        told = (f"{dollars * share:,.2f}" for share in (shares[0], shares[-1]))
        table.add_row(f"{events:,}", f"{ids:,}", *(f"{share:.0%}" for share in shares), *told)
    table.caption = "Ids are random: a run of many meets every bucket."
    Console(width=120).print(table)
    return 0


def mean(files: Files, ids: int, chance: Random) -> float:
    """Return the part that a run reads, over some runs."""
    return sum(files.share(ids, chance) for _ in range(SAMPLES)) / SAMPLES


def history(buckets: int) -> Files:
    """Write random ids into a Parquet file a bucket and return the sizes."""
    chance = Random(1)
    rows: list[list[str]] = [[] for _ in range(buckets)]
    for _ in range(HISTORY):
        text = new_id(chance)
        rows[bucket_of(text, buckets)].append(text)
    with TemporaryDirectory() as folder, duckdb.connect() as database:
        return Files([_written(database, Path(folder), ids) for ids in rows])


def _written(database: duckdb.DuckDBPyConnection, folder: Path, ids: list[str]) -> int:
    path = folder / "ids.parquet"
    database.execute(
        f"COPY (SELECT unnest($1) AS dedupe_key) TO '{path}' (FORMAT parquet, COMPRESSION zstd)",
        [ids],
    )
    return path.stat().st_size


def new_id(chance: Random) -> str:
    """Return an id as senders make them."""
    return chance.randbytes(16).hex()


def bucket_of(text: str, buckets: int) -> int:
    """Return the bucket of an id. Iceberg's hash is another, and as even."""
    return int.from_bytes(sha256(text.encode()).digest()[:8]) % buckets
