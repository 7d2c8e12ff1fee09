"""Which files are merged: few remain, and none is written often."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids
from openbunker.core.times import DAY_MS
from openbunker_local.cold.manifest import ColdFile, Kind
from openbunker_local.compaction.merging import FAN_IN, FULL_BYTES, FULL_ROWS, REST_MS, due

NOW_MS = 1_767_355_200_000  # 2026-01-02 12:00 UTC
TODAY, YESTERDAY = "2026-01-02", "2026-01-01"


def file(
    day: str, size: int, *, kind: Kind = "rows", written_ms: int = NOW_MS, rows: int = 1
) -> ColdFile:
    return ColdFile(
        path=f"cold/dt={day}/{ids.new_id(written_ms)}.parquet",
        kind=kind,
        day=day,
        rows=rows,
        bytes=size,
        min_timestamp_ms=0,
        max_timestamp_ms=0,
        min_received_ms=0,
        max_received_ms=0,
    )


def settled(
    files: list[ColdFile], now_ms: int = NOW_MS, rewritten: Counter[str] | None = None
) -> list[ColdFile]:
    """Merge by name only, until nothing is due."""
    while found := due(files, now_ms):
        one = file(found[0].day, sum(f.bytes for f in found), kind=found[0].kind, written_ms=now_ms)
        files = [f for f in files if f not in found] + [one]
        if rewritten is not None:
            rewritten["bytes"] += one.bytes
    return files


def test_a_few_files_of_a_size_stay() -> None:
    assert due([file(TODAY, 1_000) for _ in range(FAN_IN)], NOW_MS) == []


def test_one_more_and_they_become_one() -> None:
    files = [file(TODAY, 1_000) for _ in range(FAN_IN + 1)]
    assert due(files, NOW_MS) == files


def test_days_and_kinds_are_never_mixed() -> None:
    files = [file(TODAY, 1_000) for _ in range(FAN_IN)]
    files += [file("other", 1_000) for _ in range(FAN_IN)]
    files += [file("", 1_000, kind="copies") for _ in range(FAN_IN)]
    files += [file("", 1_000, kind="erased") for _ in range(FAN_IN)]
    assert due(files, NOW_MS) == []
    found = due([*files, file("", 1_000, kind="erased")], NOW_MS)
    assert {f.kind for f in found} == {"erased"}


def test_full_files_are_never_written_again() -> None:
    old = NOW_MS - 10 * DAY_MS
    files = [file(YESTERDAY, FULL_BYTES, written_ms=old) for _ in range(9)]
    files += [file(YESTERDAY, 1, rows=FULL_ROWS, written_ms=old) for _ in range(9)]
    assert due(files, NOW_MS) == []


def test_a_past_day_that_rests_becomes_one_file() -> None:
    rested = NOW_MS - REST_MS
    files = [file(YESTERDAY, size, written_ms=rested) for size in (10, 1_000_000)]
    assert due(files, NOW_MS) == files
    assert due([*files, file(YESTERDAY, 10, written_ms=rested + 1)], NOW_MS) == []
    assert due(files[:1], NOW_MS) == []
    for day in (TODAY, "other"):
        assert due([file(day, size, written_ms=rested) for size in (10, 1_000_000)], NOW_MS) == []


def test_a_day_of_a_file_each_minute_has_few_files_and_little_is_written_again() -> None:
    files: list[ColdFile] = []
    rewritten: Counter[str] = Counter()
    most = 0
    for _ in range(1_440):
        files = settled([*files, file(TODAY, 60_000)], rewritten=rewritten)
        most = max(most, len(files))
    assert most <= 20
    assert rewritten["bytes"] <= 5 * 1_440 * 60_000
    assert len(settled(files, NOW_MS + 2 * DAY_MS)) <= 4


@given(st.lists(st.integers(1, 2 * FULL_BYTES), max_size=60))
def test_merging_ends_and_loses_no_byte(sizes: list[int]) -> None:
    files = settled([file(TODAY, size) for size in sizes])
    assert sum(f.bytes for f in files) == sum(sizes)
    assert len([f for f in files if f.bytes < FULL_BYTES]) <= 5 * FAN_IN
