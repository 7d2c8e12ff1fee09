"""A twin's folders: whatever becomes of the old one at a reset, what comes goes into a new one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from openbunker_local import runtime
from openbunker_local.stream.disk import FolderLock
from openbunker_local.testing import keys
from openbunker_local.testing.clock import SetClock
from openbunker_local.testing.parts import TwinParts
from openbunker_local.testing.place import MARK, Ground, Place, sweep
from openbunker_local.testing.seen import Sight


def test_a_reset_whose_old_folder_cannot_be_left_well_is_told_and_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[bool] = []

    @contextmanager
    def running(folder: Path, *_: object) -> Iterator[Any]:
        yield folder
        if broken:
            broken.clear()
            raise OSError("cannot be closed")

    monkeypatch.setattr(runtime, "running", running)
    monkeypatch.setattr(Place, "_watch", lambda _: None)
    ground = Ground(tmp_path, keys.fixed("http://h"), TwinParts(SetClock(lambda: 7)), print)
    place = Place(ground, Sight())
    found = [place.running]
    for fails in (False, True, False):
        broken += [True] * fails
        with place.request():
            pass
        if fails:
            with pytest.raises(OSError, match="cannot be closed"):
                place.reset(lambda: None)
        else:
            place.reset(lambda: None)
        found.append(place.running)
    assert len(set(found)) == 4
    place.close()


def test_the_folders_of_killed_twins_are_taken_away_and_no_others(tmp_path: Path) -> None:
    for name in ("twin-dead", "twin-living", "twin-beginning", "other-dead"):
        (tmp_path / name).mkdir()
        if name != "twin-beginning":
            (tmp_path / name / MARK).touch()
    living = FolderLock(tmp_path / "twin-living")
    sweep(tmp_path, "twin-")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"twin-living", "twin-beginning", "other-dead"}
    living.release()
