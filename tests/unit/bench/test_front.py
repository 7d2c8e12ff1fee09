"""What the attacks on the front are judged by."""

import os

import pytest

from bench import front
from bench.front import GOOD, MISSED, TOO_BUSY, Seen


def seen(**different: object) -> Seen:
    plain = {"quiet_ms": [10.0], "times_ms": [20.0], "bad": 0, "growth_mb": 1.0}
    return Seen(**{**plain, "cpu_seconds": 0.1, "times": 10, **different})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (seen(), GOOD),
        (seen(times_ms=[1.0] * 99 + [99.0]), GOOD),
        (seen(times_ms=[1.0] * 99 + [100.0]), MISSED),
        (seen(times_ms=[1.0] * 999 + [500.0]), GOOD),
        (seen(times_ms=[150.0], quiet_ms=[50.0]), TOO_BUSY),
        (seen(quiet_ms=[90.0]), GOOD),
        (seen(growth_mb=50.0), MISSED),
        (seen(growth_mb=60.0, times_ms=[150.0], quiet_ms=[90.0]), MISSED),
        (seen(bad=1), MISSED),
    ],
)
def test_a_machine_with_too_much_to_do_is_no_miss_and_no_hit(one: Seen, verdict: int) -> None:
    assert one.verdict == verdict


def test_what_an_attack_costs_is_told_for_each_time() -> None:
    row = dict(zip(front.COLUMNS[1:], front.told(seen(cpu_seconds=3.0, times=3_000)), strict=True))
    assert (row["CPU, %"], row["times"], row["CPU a time, us"]) == ("50", "3,000", "1,000")
    assert front.told(seen(times=0))[-1] == ""


def test_the_cpu_is_a_process_own() -> None:
    before = os.times()
    told = front.cpu_seconds(os.getpid())
    after = os.times()
    # The kernel counts in hundredths, one for each of user and system.
    assert before.user + before.system - 0.03 <= told <= after.user + after.system + 0.03
