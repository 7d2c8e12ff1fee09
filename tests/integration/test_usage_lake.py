"""Usage over a real data folder: the same count before, between and after compactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from openbunker.core.times import DAY_MS
from openbunker.keys.memory import MemoryKeyStore
from openbunker.query.usage.counting import count_usage
from openbunker.usage.days import day_of
from openbunker.usage.model import UsageUnavailable
from openbunker_local.compaction.run import compact
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.usage_counter import Counter
from openbunker_local.sqlite.usage import SqliteUsageStore
from tests.support.query.lake import NOW_MS, PROJECT, deliver, event

LATER_MS = NOW_MS + 600_000
TODAY, YESTERDAY = day_of(NOW_MS), day_of(NOW_MS - DAY_MS)


class Folder:
    """A data folder with its counts."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.lake = DuckLake(data, lambda: LATER_MS)
        self.store = SqliteUsageStore(data)

    def counted(self) -> list[tuple[str, str, int, int]]:
        days = [YESTERDAY, TODAY]
        count_usage(self.lake, self.store, MemoryKeyStore(), days, LATER_MS)
        found = self.store.of_all(YESTERDAY, TODAY)
        return [(one.project_id, one.day, one.events, one.bytes) for one in found]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    found = Folder(tmp_path)
    yield found
    found.lake.close()
    found.store.close()


def test_a_count_does_not_change_with_compaction(folder: Folder) -> None:
    """Copies lie hot and cold, of today and of yesterday, and in another project."""
    earlier, later = NOW_MS - 90_000, NOW_MS + 30_000
    deliver(
        folder.data,
        [
            event(1, received_ms=earlier, dedupe_key="a", properties={"text": "grün"}),
            event(2, received_ms=earlier, dedupe_key="b"),
            event(3, received_ms=earlier, dedupe_key="a", project_id="project-b"),
            event(4, received_ms=later, dedupe_key="b"),
        ],
    )
    before = folder.counted()
    assert [row[:3] for row in before] == [
        (PROJECT, YESTERDAY, 2),
        ("project-b", YESTERDAY, 1),
    ]
    compact(folder.data, NOW_MS, LATER_MS)  # the copy of today is hot still
    assert folder.counted() == before
    deliver(folder.data, [event(5, received_ms=later, dedupe_key="c")])
    grown = folder.counted()
    assert [row[:3] for row in grown] == [*(row[:3] for row in before[:1]), (PROJECT, TODAY, 1),
                                          *(row[:3] for row in before[1:])]  # fmt: skip
    compact(folder.data, LATER_MS, LATER_MS)
    assert folder.counted() == grown


AGES = (0, 20, 300, -2, -400)


@pytest.mark.parametrize("ages", [AGES, *((age,) for age in AGES)])
def test_an_event_counts_on_the_day_it_was_received_whenever_it_happened(
    folder: Folder, ages: tuple[int, ...]
) -> None:
    happened = [NOW_MS - age * DAY_MS for age in ages]
    deliver(
        folder.data,
        [event(n, received_ms=NOW_MS, timestamp_ms=at) for n, at in enumerate(happened)],
    )
    before = folder.counted()
    assert [row[:3] for row in before] == [(PROJECT, TODAY, len(happened))]
    compact(folder.data, LATER_MS, LATER_MS)
    assert folder.counted() == before


@pytest.mark.parametrize("damage", [b"no database", b""], ids=["spoilt", "emptied"])
def test_damaged_counts_stop_no_server_and_are_made_again(tmp_path: Path, damage: bytes) -> None:
    at_ms = LATER_MS
    old = [event(n, received_ms=at_ms - 5 * DAY_MS + n) for n in range(3)]
    deliver(tmp_path, old)
    compact(tmp_path, at_ms - 3 * DAY_MS, at_ms)
    with closing(SqliteUsageStore(tmp_path)) as store:
        store.put([], [], 1)
    file, told = tmp_path / "usage.sqlite", list[str]()
    for beside in ("-wal", "-shm"):
        file.with_name(file.name + beside).unlink(missing_ok=True)
    file.write_bytes(damage)
    if damage:
        with pytest.raises(UsageUnavailable):  # a command that is not the server touches nothing
            SqliteUsageStore(tmp_path)

    with (
        closing(DuckLake(tmp_path, lambda: at_ms)) as lake,
        closing(SqliteUsageStore(tmp_path, told.append)) as store,
    ):
        assert store.counted_ms() is None
        Counter(
            lake, store, MemoryKeyStore(), now_ms=lambda: at_ms, monotonic=lambda: 0.0,
            log=print, first_day=lake.files.first_day,
        ).count()  # fmt: skip
        (line,) = store.of_all(day_of(old[0].received_ms), day_of(at_ms))

    assert (line.day, line.events) == (day_of(old[0].received_ms), 3)
    aside = file.with_name("usage.sqlite.damaged")
    assert (aside.read_bytes() if aside.exists() else b"") == damage
    assert len(told) == bool(damage)


def test_counts_of_a_newer_release_stay_where_they_are(tmp_path: Path) -> None:
    SqliteUsageStore(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "usage.sqlite")) as kept:
        kept.execute("PRAGMA user_version = 9")
    with pytest.raises(UsageUnavailable, match="newer release"):
        SqliteUsageStore(tmp_path, print)
    assert not (tmp_path / "usage.sqlite.damaged").exists()
