"""How long refused items stay on one machine. The clock is the test's."""

from pathlib import Path
from typing import Any

import pytest

from openbunker.core import layout
from openbunker.core.times import DAY_MS
from openbunker_local.cli.run.command import kept_for
from openbunker_local.stream.refused_days import RefusedDays, take_away

BEGAN_MS = 1_790_000_000_000


def put(data: Path, at_ms: int) -> Path:
    folder = data / layout.refused_prefix(at_ms)
    folder.mkdir(parents=True)
    (folder / "one.json.gz").write_bytes(b"")
    return folder


def days(data: Path) -> list[str]:
    return sorted(one.name.removeprefix("dt=") for one in (data / "refused").iterdir())


@pytest.mark.parametrize(("after_days", "left"), [(0, 3), (89.9, 3), (90, 1), (91, 1), (92, 0)])
def test_nothing_goes_before_its_time_nor_before_the_first_start_had_its_own(
    tmp_path: Path, after_days: float, left: int
) -> None:
    """Rows of long before the upgrade stay for as long as those of its day."""
    for age in (400, 91, -1):
        put(tmp_path, BEGAN_MS - age * DAY_MS)
    now_ms = BEGAN_MS + int(after_days * DAY_MS)

    gone = take_away(tmp_path, 90, BEGAN_MS, now_ms)

    assert (len(gone), len(days(tmp_path))) == (3 - left, left)


def test_a_day_goes_when_its_last_minute_is_over(tmp_path: Path) -> None:
    late = BEGAN_MS // DAY_MS * DAY_MS + DAY_MS - 1
    put(tmp_path, late)
    assert take_away(tmp_path, 90, 0, late + 90 * DAY_MS) == []
    assert take_away(tmp_path, 90, 0, late + 90 * DAY_MS + 1) == [layout.day(late)]


def test_the_share_is_told_and_the_log(tmp_path: Path) -> None:
    put(tmp_path, BEGAN_MS)
    put(tmp_path, BEGAN_MS + 30 * DAY_MS)
    lines: list[Any] = []
    told: list[str] = []
    keeper = RefusedDays(
        tmp_path,
        7,
        BEGAN_MS,
        forget=told.append,
        now_ms=lambda: BEGAN_MS + 30 * DAY_MS,
        log=lines.append,
    )

    keeper.sweep()
    keeper.sweep()

    assert days(tmp_path) == [layout.day(BEGAN_MS + 30 * DAY_MS)]
    assert told == [layout.day(BEGAN_MS + 23 * DAY_MS)]
    assert lines == [{"refused_days_removed": [layout.day(BEGAN_MS)]}]


def test_the_start_tells_when_the_first_one_goes() -> None:
    first = f"none is removed before {layout.day(BEGAN_MS)}"
    assert kept_for(90, BEGAN_MS, BEGAN_MS - 1) == f"Refused items are kept for 90 days; {first}."
    assert kept_for(90, BEGAN_MS, BEGAN_MS) == "Refused items are kept for 90 days."
    assert "until you delete them" in kept_for(0, None, 0)
