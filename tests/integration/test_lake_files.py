"""Which files a question opens, and that a compaction beside it neither hides nor doubles one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from openbunker.core.errors import QueryUnavailable
from openbunker.core.event import Event
from openbunker.core.times import DAY_MS
from openbunker.query.engine import Statement
from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from openbunker_local.cold.manifest import FILE, Manifest, load, save
from openbunker_local.lake import files as lake_files
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.files import LakeFiles
from openbunker_local.stream.disk import Disk
from tests.support.query.cold import settle
from tests.support.query.lake import NOW_MS, PROJECT, deliver, event


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[DuckLake]:
    found = DuckLake(tmp_path, lambda: NOW_MS)
    yield found
    found.close()


def statement(period: str = "minus_1_hours") -> Statement:
    return sql.plan(question.parse({"time_period": period}), Scope(PROJECT), NOW_MS).statement


def count(lake: DuckLake, period: str = "minus_1_hours") -> int:
    return int(lake.run(statement(period)).rows[0][0])


def days_back(*ages: int) -> list[Event]:
    at = [NOW_MS - 60_000 - age * DAY_MS for age in ages]
    return [event(n, timestamp_ms=ms, received_ms=ms) for n, ms in zip(ages, at, strict=True)]


def done(data: Path, objects: list[Path]) -> None:
    """Say that the objects' events are cold."""
    names = frozenset(path.relative_to(data).as_posix() for path in objects)
    save(data, replace(load(data), done=load(data).done | names), Disk())


def test_a_question_opens_the_days_that_it_names(tmp_path: Path) -> None:
    settle(tmp_path, days_back(*range(100)))

    opened = [
        len(LakeFiles(tmp_path).of(statement(f"minus_{n}_days")).cold) for n in (1, 7, 30, 100)
    ]

    assert opened == [1, 7, 30, 100]


def test_where_something_is_hot_the_days_beside_are_opened_for_its_copies(tmp_path: Path) -> None:
    settle(tmp_path, days_back(*range(100)))
    deliver(tmp_path, [event(200)])

    files = LakeFiles(tmp_path).of(statement("minus_7_days"))
    assert (len(files.cold), len(files.known)) == (7, 8)


@pytest.mark.parametrize("compacted", [False, True])
def test_all_that_is_hot_is_read(tmp_path: Path, *, compacted: bool) -> None:
    """Also what arrived days before the period: its sender's clock ran ahead."""
    deliver(tmp_path, [event(1, received_ms=NOW_MS - 3 * DAY_MS), *days_back(0)])
    if compacted:
        settle(tmp_path, days_back(5))

    assert len(LakeFiles(tmp_path).of(statement()).hot) == 2


def test_objects_that_are_cold_are_not_read(tmp_path: Path, lake: DuckLake) -> None:
    objects = deliver(tmp_path, [event(1), event(2)])
    settle(tmp_path, [event(1), event(2)])
    assert count(lake) == 2

    done(tmp_path, objects)

    assert LakeFiles(tmp_path).of(statement()).hot == []
    assert count(lake) == 2


def test_a_manifest_is_read_anew_when_it_was_replaced(tmp_path: Path) -> None:
    files = LakeFiles(tmp_path)
    settle(tmp_path, days_back(0))
    assert len(files.of(statement()).cold) == 1

    settle(tmp_path, [event(7)], "b")

    assert len(files.of(statement()).cold) == 2


def test_a_broken_manifest_is_a_fault_and_no_empty_store(tmp_path: Path, lake: DuckLake) -> None:
    settle(tmp_path, days_back(0))
    (tmp_path / "cold" / FILE).write_text("{", encoding="utf-8")

    with pytest.raises(QueryUnavailable, match="not a manifest"):
        count(lake)


def compaction(data: Path, objects: list[Path]) -> Callable[[], None]:
    """Return a whole run: commit, delete, forget."""

    def run() -> None:
        settle(data, [event(1), event(2)])
        done(data, objects)
        for path in objects:
            path.unlink()
        save(data, replace(load(data), done=frozenset()), Disk())

    return run


@pytest.mark.parametrize("compacted_before", [False, True])
@pytest.mark.parametrize("moment", ["before the listing", "after the listing", "before reading"])
def test_a_compaction_at_any_moment_of_a_question(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lake: DuckLake,
    moment: str,
    compacted_before: bool,
) -> None:
    """The objects' events are counted once, whichever of both the question still sees."""
    if compacted_before:
        save(tmp_path, Manifest(compacted_to_ms=1), Disk())
    runs = [compaction(tmp_path, deliver(tmp_path, [event(1), event(2)]))]
    listed, of = lake.files._objects, lake.files.of

    def once() -> None:
        if runs:
            runs.pop()()

    def objects(place: str, *partitions: tuple[str, str]) -> list[str]:
        if moment == "before the listing":
            once()
        found = listed(place, *partitions)
        if moment == "after the listing":
            once()
        return found

    def files(asked: Statement) -> lake_files.Files:
        found = of(asked)
        if moment == "before reading":
            once()
        return found

    monkeypatch.setattr(lake.files, "_objects", objects)
    monkeypatch.setattr(lake.files, "of", files)

    assert count(lake) == 2
    assert not runs


def test_a_cold_file_that_was_merged_away_is_looked_for_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lake: DuckLake
) -> None:
    old = settle(tmp_path, [event(1)])[0]
    of = lake.files.of

    def merge_after_listing(asked: Statement) -> lake_files.Files:
        found = of(asked)
        if (tmp_path / old.path).exists():
            save(tmp_path, replace(load(tmp_path), files=()), Disk())
            settle(tmp_path, [event(1), event(2)], "merged")
            (tmp_path / old.path).unlink()
        return found

    monkeypatch.setattr(lake.files, "of", merge_after_listing)

    assert count(lake) == 2
