"""What a reader may leave out of a cold file, and must hold: row groups, small and in order."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

from openbunker_local.cold import manifest
from openbunker_local.compaction import trees
from openbunker_local.compaction.merging import FAN_IN
from openbunker_local.compaction.run import compact
from tests.support.cold import after, deliver, event
from tests.support.query import pooled

PER_OBJECT = 3000


def row_groups(file: Path) -> list[tuple[int, int, int]]:
    """Return rows, and the first and last time, of each row group in their order."""
    with pooled.reader() as database:
        found = database.execute(
            "SELECT row_group_num_rows, stats_min_value::BIGINT, stats_max_value::BIGINT FROM "
            "parquet_metadata($1) WHERE path_in_schema = 'timestamp_ms' ORDER BY row_group_id",
            [str(file)],
        ).fetchall()
    return [(rows, low, high) for rows, low, high in found]


def test_a_merged_file_has_small_row_groups_in_the_order_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "ROW_GROUP_BYTES", 500_000)
    numbers = list(range(PER_OBJECT * (FAN_IN + 1)))
    random.Random(11).shuffle(numbers)
    for minute in range(FAN_IN + 1):
        here = numbers[minute :: FAN_IN + 1]
        rows = [event(n, after(minute), timestamp_ms=after(0) + 10 * n) for n in here]
        deliver(tmp_path, after(minute), *(rows[n : n + 500] for n in range(0, PER_OBJECT, 500)))
        compact(tmp_path, after(minute + 1), after(60))

    (file,) = manifest.load(tmp_path).files
    found = row_groups(tmp_path / file.path)

    assert len(found) > 2
    assert all(rows <= 4096 for rows, _, _ in found)
    assert all(one[2] < other[1] for one, other in pairwise(found))


def test_rows_so_wide_have_smaller_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "WIDE_ROW_GROUP_BYTES", 1_000_000)
    rows = [event(n, after(0), properties={"text": "x" * 100_000}) for n in range(30)]
    deliver(tmp_path, after(0), rows)
    compact(tmp_path, after(1), after(60))

    (file,) = manifest.load(tmp_path).files

    assert len(row_groups(tmp_path / file.path)) > 1
