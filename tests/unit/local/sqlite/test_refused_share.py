"""How much of the disk a project may fill with what was refused of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from openbunker.core import layout
from openbunker.core.times import DAY_MS
from openbunker_local.sqlite.refused_share import FILE, RefusedShare

NOW_MS = 1_790_000_000_000


def opened(data: Path, at_ms: int = NOW_MS) -> RefusedShare:
    return RefusedShare(data, 100, lambda: at_ms)


def test_mistakes_fill_half_and_what_is_due_all_of_it(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as share:
        share.add("a", 30)
        rooms = {
            (size, due): share.has_room("a", size, due=due)
            for size in (20, 21, 70, 71)
            for due in (False, True)
        }
        assert [size for (size, due), room in rooms.items() if room and not due] == [20]
        assert [size for (size, due), room in rooms.items() if room and due] == [20, 21, 70]
        assert share.has_room("b", 50, due=False)


def test_counts_outlive_the_process_and_end_with_their_days(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as share:
        share.add("a", 30)
    later = NOW_MS + 10 * DAY_MS
    with closing(opened(tmp_path, later)) as share:
        assert share.began_ms == NOW_MS
        share.add("a", 20)
        assert not share.has_room("a", 51, due=True)
        share.forget(layout.day(NOW_MS + DAY_MS))
        assert share.has_room("a", 80, due=True)
        assert not share.has_room("a", 81, due=True)


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(OSError, match=FILE):
        opened(tmp_path)


@pytest.mark.parametrize("at", [0, 4_096])
def test_a_damaged_file_is_set_aside_and_stops_nobody(tmp_path: Path, at: int) -> None:
    with closing(RefusedShare(tmp_path, 100, lambda: 1)) as one:
        one.add("a", 60)
    file, told = tmp_path / FILE, list[str]()
    with closing(sqlite3.connect(file)) as kept:
        kept.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = file.read_bytes()
    spoilt = content[:at] + b"?" * 3_000 + content[at + 3_000 :]
    file.write_bytes(spoilt)

    with closing(RefusedShare(tmp_path, 100, lambda: 7, told.append)) as two:
        assert two.began_ms == 7
        assert two.has_room("a", 50, due=False)

    assert (tmp_path / f"{FILE}.damaged").read_bytes() == spoilt
    assert len(told) == 1
