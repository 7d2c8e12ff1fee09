"""How much of the disk a project may fill with what was refused of it."""

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


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"x" * 5000)
    with pytest.raises(OSError, match=FILE):
        opened(tmp_path)
