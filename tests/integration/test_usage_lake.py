"""Usage over a real data folder: the same count before, between and after compactions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openbunker.core.times import DAY_MS
from openbunker.keys.memory import MemoryKeyStore
from openbunker.query.usage.counting import count_usage
from openbunker.usage.days import day_of
from openbunker_local.compaction.run import compact
from openbunker_local.lake.engine import DuckLake
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
