"""What is held of a start: each figure against the floor of its run, and a miss is told."""

import pytest

from bench.init import judge
from bench.init.functions import EMPTY, HOT
from bench.init.start import Start


def start(cpu: float, first_ms: float = 1.0, megabytes: float = 20) -> Start:
    return Start(
        ready_ms=cpu * 2,
        ready_cpu=cpu,
        first_ms=first_ms,
        first_cpu=1.0,
        warm_ms=1.0,
        megabytes=megabytes,
    )


def run(track: Start) -> tuple[int, list[str]]:
    floor = [start(50)]
    starts = {name: [start(90)] for name in (*HOT, "query", "manage")}
    said: list[str] = []
    counted = dict.fromkeys(starts, 200.0) | {EMPTY: 100.0}
    code = judge.told({**starts, EMPTY: floor, "track": [track]}, counted, said.append)
    return code, said


def test_all_is_well_below_what_is_held() -> None:
    assert run(start(90))[0] == 0


@pytest.mark.parametrize(
    ("track", "what"),
    [
        (start(106), "init 2.12"),
        (start(90, first_ms=3.1), "first event, of a warm one 3.10"),
        (start(90, megabytes=24.5), "MB 24.50"),
    ],
)
def test_a_miss_is_told_with_what_is_held(track: Start, what: str) -> None:
    code, said = run(track)
    assert code == 1
    assert f"track: {what}, ABOVE" in said[0]


def test_without_counted_instructions_the_rest_is_judged() -> None:
    floor, own = [start(50)], [start(90)]
    starts = dict.fromkeys(judge.HELD, own) | {EMPTY: floor}
    assert judge.told(starts, {}, lambda _: None) == 0
    assert "instructions" not in judge.ratios(starts, {}, "track")
