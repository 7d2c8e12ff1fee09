"""One batch of hot objects -> cold files: read, judge each row, write. Commits nothing.

What a row's fate hangs on is in the trees of `openbunker_local.compaction.trees`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from openbunker.core import layout
from openbunker.core.times import DAY_MS
from openbunker.erasure.hashing import digits_of
from openbunker.erasure.model import Erasure
from openbunker_local.cold.manifest import ColdFile
from openbunker_local.compaction import trees as compaction
from openbunker_local.compaction.database import Database
from openbunker_local.compaction.writer import Writer

# What DuckDB says of content; what it says of memory and the disk is the run's to hear.
_CONTENT = (duckdb.InvalidInputException, duckdb.ConversionException)


class Spoilt(Exception):
    """An object holds what is no row of ours."""


@dataclass(slots=True)
class Batch:
    """What became of a batch: the files that were written, and how many rows met which fate."""

    objects: list[Path] = field(default_factory=list)
    files: list[ColdFile] = field(default_factory=list)
    fates: dict[str, int] = field(default_factory=dict)
    received_days: set[str] = field(default_factory=set)


def remember(database: Database, erasures: Sequence[Erasure]) -> None:
    """Tell the database which customers were erased, before its first batch."""
    database.run(
        compaction.customers(),
        projects=[one.project_id for one in erasures],
        columns=[one.column for one in erasures],
        hashes=[digits_of(one.customer_hash) for one in erasures],
        untils=[one.requested_ms for one in erasures],
    )


def readable(database: Database, objects: Sequence[Path]) -> tuple[list[Path], dict[Path, str]]:
    """Read objects; return those that are rows of ours throughout, now read, and why others not.

    One that is not is found by halves, so a whole batch is read once.
    """
    try:
        _read(database, objects)
    except Spoilt as error:
        if len(objects) == 1:
            return [], {objects[0]: str(error)}
    else:
        return list(objects), {}
    half = len(objects) // 2
    good: list[Path] = []
    bad: dict[Path, str] = {}
    for part in (objects[:half], objects[half:]):
        fine, spoilt = readable(database, part)
        good += fine
        bad |= spoilt
    if good:
        _read(database, good)
    return good, bad


def write(
    writer: Writer, cold: Sequence[ColdFile], objects: list[Path], erasures: Sequence[Erasure]
) -> Batch:
    """Write what was read from the objects and is not in the cold files yet.

    Of `erasures`, which are those to `remember`, only the columns matter here.
    """
    database = writer.database
    _look_up(database, [str(writer.data / file.path) for file in cold])
    database.run(compaction.judged(sorted({one.column for one in erasures})))
    batch = Batch(objects=objects, fates=dict(database.run(compaction.fates())))
    days = database.run(compaction.received_days())
    batch.received_days |= {layout.day(day * DAY_MS) for (day,) in days}
    for (day,) in database.run(compaction.partitions()):
        _keep(batch, writer.write("rows", day, compaction.firsts(), {"day": day}))
    if batch.fates.get("copy"):
        _keep(batch, writer.write("copies", "", compaction.copies()))
    if batch.fates.get("erased"):
        _keep(batch, writer.write("erased", "", compaction.erased()))
    return batch


def _keep(batch: Batch, file: ColdFile | None) -> None:
    if file:
        batch.files.append(file)


def _look_up(database: Database, cold: list[str]) -> None:
    """Find the batch's events among the cold ones: by hash, then those few by their whole key."""
    found = 0
    if cold:
        ((found,),) = database.run(compaction.hashes(), cold=cold)
    if found:
        database.run(compaction.known(), cold=cold)
    else:
        database.run(compaction.nothing_known())


def _read(database: Database, objects: Sequence[Path]) -> None:
    names = [str(path) for path in objects]
    try:
        database.run(compaction.batch(), objects=names, columns=compaction.OBJECT_COLUMNS)
    except _CONTENT as error:
        raise Spoilt(str(error).splitlines()[0]) from error
    ((spoilt,),) = database.run(compaction.spoilt())
    if spoilt:
        raise Spoilt(f"{spoilt} rows lack a column, or are of another version")
