"""The fault table: what it may say, what is wrong with one, and when its faults strike."""

from pathlib import Path
from typing import Any

import pytest

from bench.chaos.faults.injection import Trigger
from bench.chaos.faults.table import InvalidFaults, Throttle, load, parse

EXAMPLE = Path(__file__).parents[3] / "bench" / "chaos" / "faults.example.toml"
KINDS = {
    "throttle", "partial", "slow", "timeout_before_commit", "timeout_after_commit", "disk_full",
    "read_only", "torn_write", "sync_error", "clock",
}  # fmt: skip


def throttle(**trigger: Any) -> Throttle:
    return Throttle.model_validate({"name": "f", "kind": "throttle", "times": 1000, **trigger})


def struck(fault: Throttle, seed: int = 1, calls: int = 40) -> list[int]:
    trigger = Trigger(fault, seed)
    return [call for call in range(1, calls + 1) if trigger.strikes()]


def test_the_example_is_a_table_with_every_kind() -> None:
    assert {fault.kind for fault in load(EXAMPLE).fault} == KINDS


def test_all_mistakes_are_told_at_once_each_with_its_element(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(
        """
        [[fault]]
        name = "storm"
        kind = "throttle"
        every = 2
        window = [1, 2]
        times = 3
        [[fault]]
        name = "Late"
        kind = "slow"
        every = 0
        times = 1
        sometimes = true
        [[fault]]
        kind = "explode"
        """
    )
    with pytest.raises(InvalidFaults) as caught:
        load(file)
    text = str(caught.value)
    for told in (
        "seed: Field required",
        "fault[0] storm: give exactly one of every, probability and window",
        "fault[1] Late, name: String should match",
        "fault[1] Late, every: Input should be greater than or equal to 1",
        "fault[1] Late, seconds: Field required",
        "fault[1] Late, sometimes: Extra inputs",
        "fault[2]: Input tag 'explode'",
    ):
        assert told in text
    assert str(file) in text


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "throttle"}, "exactly one of every"),
        ({"kind": "throttle", "window": [3, 2]}, "window"),
        ({"kind": "throttle", "window": [0, 2]}, "window"),
        ({"kind": "partial", "every": 1}, "rate and indexes"),
        ({"kind": "partial", "every": 1, "rate": 0.5, "indexes": [1]}, "rate and indexes"),
        ({"kind": "throttle", "every": True}, "valid integer"),
        ({"kind": "disk_full", "every": 1, "operation": "explode"}, "operation"),
    ],
)
def test_a_wrong_fault_is_told(fault: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidFaults, match=told):
        parse({"seed": 1, "fault": [{"name": "f", "times": 1, **fault}]})


def test_two_faults_of_one_name_would_share_their_luck() -> None:
    fault = {"name": "f", "kind": "throttle", "times": 1, "every": 1}
    with pytest.raises(InvalidFaults, match="one name: f"):
        parse({"seed": 1, "fault": [fault, fault]})


@pytest.mark.parametrize("text", ["", "seed =", "\xff"])
def test_what_is_no_table_is_told_with_its_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(InvalidFaults, match=r"faults\.toml"):
        load(file)
    with pytest.raises(InvalidFaults, match="No such file"):
        load(tmp_path / "none.toml")


def test_every_and_window_name_the_calls() -> None:
    assert struck(throttle(every=10)) == [10, 20, 30, 40]
    assert struck(throttle(every=10, lasting=3)) == [10, 11, 12, 20, 21, 22, 30, 31, 32, 40]
    assert struck(throttle(window=[3, 5])) == [3, 4, 5]
    assert struck(throttle(every=1, times=2)) == [1, 2]


def test_chance_follows_the_seed_and_the_name() -> None:
    fault = throttle(probability=0.3)
    assert struck(fault) == struck(fault)
    assert struck(fault) != struck(fault, seed=2)
    assert struck(fault) != struck(fault.model_copy(update={"name": "g"}))
    assert 300 < len(struck(throttle(probability=0.5), calls=1000)) < 700
