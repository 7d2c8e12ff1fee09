"""Compaction over objects that the embedded stream has delivered: once each, first wins."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from openbunker.core.times import DAY_MS
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.model import Erasure
from openbunker_local.cold import manifest
from openbunker_local.compaction import merging
from openbunker_local.compaction.merging import FAN_IN
from openbunker_local.compaction.run import compact
from openbunker_local.compaction.trees import ROW_COLUMNS
from openbunker_local.stream.disk import FolderInUse, FolderLock
from tests.support.cold import NOON_MS, after, cold, deliver, event, hot
from tests.support.embedded import objects

NOW = after(60)


def ids_of(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(str(row["event_id"]) for row in rows)


def numbered(*numbers: int) -> list[str]:
    return [f"{number:032x}" for number in numbers]


def test_a_folder_without_events_is_done_at_once(tmp_path: Path) -> None:
    result = compact(tmp_path, NOW, NOW)
    assert (result.objects, result.rows, result.files) == (0, 0, 0)
    assert manifest.load(tmp_path).compacted_to_ms == NOW


def test_rows_become_cold_as_they_were(tmp_path: Path) -> None:
    full = event(
        1,
        timestamp_ms=NOON_MS - 5,
        customer_identifier="c",
        user_id="u",
        url="https://example.com/ä",
        metric_name="price",
        metric_value=1.5,
        utm_source="s",
        properties={"a": {"b": [1, None, "ü\u2028"]}},
    )
    deliver(tmp_path, NOON_MS, [full, event(2)])
    result = compact(tmp_path, NOW, NOW)
    assert (result.objects, result.rows, result.files) == (1, 2, 1)
    assert (result.days, result.received_days) == ({"2026-01-02"}, {"2026-01-02"})
    before, _ = sorted(hot_of_all(tmp_path), key=lambda row: row["event_id"])
    row, other = sorted(cold(tmp_path), key=lambda row: row["event_id"])
    assert tuple(row) == ROW_COLUMNS
    assert {name: value for name, value in row.items() if value is not None} == {
        **{name: value for name, value in before.items() if name != "v"},
        "dedupe_hash": row["dedupe_hash"],
    }
    assert row["dedupe_hash"] != other["dedupe_hash"]


def hot_of_all(data: Path) -> list[dict[str, Any]]:
    import json

    lines = [gzip.decompress(path.read_bytes()).splitlines() for path in objects(data)]
    return [json.loads(line) for part in lines for line in part]


def test_the_manifest_tells_what_a_file_holds(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1, NOON_MS, timestamp_ms=NOON_MS - 7), event(2, NOON_MS + 9)])
    compact(tmp_path, NOW, NOW)
    (file,) = manifest.load(tmp_path).files
    assert (file.kind, file.day, file.rows) == ("rows", "2026-01-02", 2)
    assert (file.min_timestamp_ms, file.max_timestamp_ms) == (NOON_MS - 7, NOON_MS + 9)
    assert (file.min_received_ms, file.max_received_ms) == (NOON_MS, NOON_MS + 9)
    assert file.bytes == (tmp_path / file.path).stat().st_size


def test_an_open_minute_stays_hot(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    deliver(tmp_path, after(1), [event(2)])
    compact(tmp_path, after(2) - 1, NOW)
    assert ids_of(cold(tmp_path)) == numbered(1)
    assert ids_of(hot(tmp_path)) == numbered(2)
    assert manifest.load(tmp_path).compacted_to_ms == after(1)


def test_objects_are_deleted_by_the_next_run_and_their_index_with_them(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    index = tmp_path / "stream" / "index" / "dt=2026-01-02" / "hm=1200.idx"
    index.parent.mkdir(parents=True)
    index.touch()
    compact(tmp_path, NOW, NOW)
    assert len(objects(tmp_path)) == 1
    assert hot(tmp_path) == []
    compact(tmp_path, NOW, NOW)
    assert objects(tmp_path) == []
    assert list((tmp_path / "hot").iterdir()) == []
    assert not index.exists()
    assert manifest.load(tmp_path).done == frozenset()
    assert ids_of(cold(tmp_path)) == numbered(1)


def test_an_object_that_comes_late_into_an_old_minute_is_taken_by_the_next_run(
    tmp_path: Path,
) -> None:
    compact(tmp_path, NOW, NOW)
    deliver(tmp_path, NOON_MS, [event(1)])
    assert compact(tmp_path, NOW, NOW).rows == 1
    assert ids_of(cold(tmp_path)) == numbered(1)


def test_the_first_received_wins_then_the_lowest_id(tmp_path: Path) -> None:
    same: dict[str, Any] = {"dedupe_key": "order-1"}
    deliver(
        tmp_path,
        NOON_MS,
        [event(3, NOON_MS + 1, **same), event(2, **same)],
        [event(1, **same), event(4, project_id="p2", **same), event(1, **same)],
    )
    result = compact(tmp_path, NOW, NOW)
    assert (result.rows, result.copies, result.again) == (2, 2, 1)
    assert ids_of(cold(tmp_path)) == numbered(1, 4)
    copies = sorted(cold(tmp_path, "copies"), key=lambda row: row["event_id"])
    assert copies[0] == {
        "project_id": "p1",
        "event_id": f"{2:032x}",
        "received_ms": NOON_MS,
        "dedupe_key": "order-1",
        "dialect": "eventbunker",
        "customer_identifier": None,
        "first_event_id": f"{1:032x}",
    }
    assert [row["event_id"] for row in copies] == numbered(2, 3)


def test_what_is_cold_wins_for_ever(tmp_path: Path) -> None:
    """Even over a row that says it was received before, in a day that is another one."""
    same: dict[str, Any] = {"dedupe_key": "order-1"}
    deliver(tmp_path, NOON_MS, [event(5, **same)])
    compact(tmp_path, NOW, NOW)
    earlier = NOON_MS - 3 * DAY_MS
    deliver(tmp_path, after(70), [event(1, earlier, **same), event(5, **same), event(9, **same)])
    result = compact(tmp_path, after(80), after(80))
    assert (result.rows, result.copies, result.again) == (0, 2, 1)
    assert ids_of(cold(tmp_path)) == numbered(5)
    assert {row["first_event_id"] for row in cold(tmp_path, "copies")} == {f"{5:032x}"}


def test_two_keys_of_one_hash_are_two_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash finds candidates, and decides nothing."""
    from sqlglot import exp

    from openbunker_local.compaction import trees as compaction

    real = compaction.batch

    def all_alike() -> exp.Expression:
        def constant(node: exp.Expression) -> exp.Expression:
            is_hash = isinstance(node, exp.Anonymous) and node.name == "md5_number_lower"
            return exp.cast(exp.Literal.number(7), "UBIGINT", dialect="duckdb") if is_hash else node

        return real().transform(constant)

    monkeypatch.setattr(compaction, "batch", all_alike)
    deliver(tmp_path, NOON_MS, [event(1), event(2, project_id="p2", dedupe_key="x")])
    compact(tmp_path, NOW, NOW)
    deliver(tmp_path, after(60), [event(1), event(3), event(4, dedupe_key="x")])
    result = compact(tmp_path, after(90), NOW)
    assert {row["dedupe_hash"] for row in cold(tmp_path)} == {7}
    assert (result.rows, result.again, result.copies) == (2, 1, 0)
    assert ids_of(cold(tmp_path)) == numbered(1, 2, 3, 4)


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b'{"v":1,"proj\n'),
        gzip.compress(b'{"v":1,"project_id":"p1"}\n'),
        gzip.compress(b'{"v":2,"project_id":"p1"}\n'),
        b"no gzip at all",
        b"",
        gzip.compress(b"{}\n")[:-9],
        gzip.compress(b"{}\n") + b"more",
    ],
    ids=["torn-row", "half-row", "another-v", "no-gzip", "empty", "torn-gzip", "more-after"],
)
def test_an_object_that_cannot_be_read_stays_and_stops_no_other(
    tmp_path: Path, content: bytes
) -> None:
    deliver(tmp_path, NOON_MS, [event(1)], [event(2)], [event(3)])
    bad = objects(tmp_path)[1]
    lost = gzip.decompress(bad.read_bytes())
    bad.write_bytes(content)
    for _ in range(2):
        result = compact(tmp_path, NOW, NOW)
        assert list(result.unreadable) == [bad.relative_to(tmp_path).as_posix()]
        assert all(result.unreadable.values())
        assert len(cold(tmp_path)) == 2
        assert bad.read_bytes() == content
    bad.write_bytes(gzip.compress(lost))  # somebody mended it
    assert compact(tmp_path, NOW, NOW).unreadable == {}
    assert ids_of(cold(tmp_path)) == numbered(1, 2, 3)


def test_flipped_bits_are_seen_before_the_object_is_given_up(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1, event_name="aaaa")])
    (path,) = objects(tmp_path)
    whole = gzip.decompress(path.read_bytes())
    spoilt = gzip.compress(whole.replace(b"aaaa", b"aaab"))
    path.write_bytes(spoilt[:-8] + gzip.compress(whole)[-8:])
    assert len(compact(tmp_path, NOW, NOW).unreadable) == 1
    assert path.exists()


def test_a_batch_is_bounded_and_every_batch_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from openbunker_local.cold import objects as hot_objects

    monkeypatch.setattr(hot_objects, "MAX_BATCH_OBJECTS", 2)
    deliver(tmp_path, NOON_MS, *([event(number)] for number in range(5)))
    seen: list[tuple[int, int]] = []
    result = compact(tmp_path, NOW, NOW, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(0, 5), (2, 5), (4, 5), (5, 5)]
    assert (result.rows, result.files) == (5, 3)


def test_one_compaction_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "cold").mkdir()
    lock = FolderLock(tmp_path / "cold")
    with pytest.raises(FolderInUse):
        compact(tmp_path, NOW, NOW)
    lock.release()
    compact(tmp_path, NOW, NOW)


def test_cold_files_without_a_manifest_are_kept(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    compact(tmp_path, NOW, NOW)
    before = cold(tmp_path)
    kept = (tmp_path / "cold" / "manifest.json").read_bytes()
    (tmp_path / "cold" / "manifest.json").unlink()
    with pytest.raises(manifest.ManifestUnreadable):
        compact(tmp_path, NOW, NOW)
    (tmp_path / "cold" / "manifest.json").write_bytes(kept)
    assert cold(tmp_path) == before


def test_an_erased_customer_never_becomes_cold(tmp_path: Path) -> None:
    """What was received up to the request is left out; its ids stay, so that the books close."""
    her: dict[str, Any] = {"customer_identifier": "her"}
    erasure = Erasure(
        erasure_id="e1",
        project_id="p1",
        customer_hash=hash_of("p1", "her"),
        requested_ms=NOON_MS,
        key_id="k",
    )
    deliver(
        tmp_path,
        NOON_MS,
        [
            event(1, **her),
            event(2, NOON_MS + 1, **her),
            event(3, customer_identifier="him"),
            event(4, project_id="p2", **her),
            event(5),
            event(6, dedupe_key=f"{2:032x}", **her),
        ],
    )
    result = compact(tmp_path, NOW, NOW, erasures=[erasure, erasure])
    assert (result.rows, result.erased, result.copies) == (4, 2, 0)
    assert ids_of(cold(tmp_path)) == numbered(2, 3, 4, 5)
    gone = sorted(cold(tmp_path, "erased"), key=lambda row: row["event_id"])
    assert gone == [
        {"project_id": "p1", "event_id": f"{number:032x}", "received_ms": NOON_MS}
        for number in (1, 6)
    ]


def test_days_far_from_their_receipt_share_a_partition(tmp_path: Path) -> None:
    times = [NOON_MS, NOON_MS - DAY_MS, 0, -(2**40), 2**62]
    deliver(tmp_path, NOON_MS, [event(n, timestamp_ms=at) for n, at in enumerate(times)])
    result = compact(tmp_path, NOW, NOW)
    assert result.days == {"2026-01-02", "2026-01-01", "other"}
    found = {file.day: file.rows for file in manifest.load(tmp_path).files}
    assert found == {"2026-01-02": 1, "2026-01-01": 1, "other": 3}


def test_merged_files_hold_the_same_rows_and_the_old_ones_go_with_the_next_run(
    tmp_path: Path,
) -> None:
    for number in range(FAN_IN + 1):
        deliver(tmp_path, after(number), [event(9 - number, after(number)), event(20 + number)])
        result = compact(tmp_path, after(number + 1), NOW)
    assert result.merged == FAN_IN + 1
    (file,) = manifest.load(tmp_path).files
    assert file.rows == 2 * (FAN_IN + 1)
    assert ids_of(cold(tmp_path)) == numbered(5, 6, 7, 8, 9, 20, 21, 22, 23, 24)
    stamps = [row["timestamp_ms"] for row in cold(tmp_path)]
    assert stamps == sorted(stamps)
    assert len(list((tmp_path / "cold").rglob("*.parquet"))) == FAN_IN + 2
    compact(tmp_path, NOW, NOW)
    assert len(list((tmp_path / "cold").rglob("*.parquet"))) == 1


def test_a_merge_that_loses_a_row_is_never_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from openbunker_local.compaction import trees as compaction

    for number in range(FAN_IN):
        deliver(tmp_path, after(number), [event(number, after(number))])
        compact(tmp_path, after(number + 1), NOW)
    deliver(tmp_path, after(9), [event(9)])
    real = compaction.content
    monkeypatch.setattr(compaction, "content", lambda kind: real(kind).limit(FAN_IN))
    with pytest.raises(merging.MergeLost):
        compact(tmp_path, NOW, NOW)
    monkeypatch.undo()
    assert len(cold(tmp_path)) == FAN_IN + 1
    compact(tmp_path, NOW, NOW)
    assert len(cold(tmp_path)) == FAN_IN + 1
    assert len(manifest.load(tmp_path).files) == 1
