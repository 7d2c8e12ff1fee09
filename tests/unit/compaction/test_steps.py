"""Each scheduled step stops alone, and how long ago it succeeded is told whatever else fails."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from openbunker.compaction import steps
from openbunker.compaction.endpoint import serve_compaction
from openbunker.core import ids, layout
from openbunker.core.errors import QueryUnavailable
from openbunker.core.times import DAY_MS, HOUR_MS, MINUTE_MS
from openbunker.web.log_lines import DIMENSIONS
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud

STEPS = [*steps.COMPACTING, *steps.ERASING]
AGES = {f"{name}_age_seconds" for name in STEPS}
FAULTS = [QueryUnavailable("no right"), ZeroDivisionError("a bug")]


def cloud_at_work() -> Cloud:
    """A cloud where every step has succeeded, half a day ago; all of them are due again."""
    cloud = Cloud()
    cloud.deliver([event(1)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    assert cloud.run()["compaction"] == "done"
    cloud.now_ms += DAY_MS
    return cloud


def counting_steps(
    monkeypatch: pytest.MonkeyPatch, failing: str, fault: Exception
) -> dict[str, int]:
    """Have one step raise; return how often each one was taken."""
    taken = dict.fromkeys(STEPS, 0)

    def take(name: str, real: Callable[[Any], bool], run: Any) -> bool:
        taken[name] += 1
        if name == failing:
            raise fault
        return real(run)

    for function in ("COMPACTING", "ERASING"):
        known = getattr(steps, function).items()
        wrapped = {name: partial(take, name, real) for name, real in known}
        monkeypatch.setattr(steps, function, wrapped)
    return taken


@pytest.mark.parametrize("fault", FAULTS, ids=["service", "bug"])
@pytest.mark.parametrize("failing", STEPS)
def test_a_step_that_raises_stops_no_other_one(
    monkeypatch: pytest.MonkeyPatch, failing: str, fault: Exception
) -> None:
    cloud = cloud_at_work()
    taken = counting_steps(monkeypatch, failing, fault)

    told = cloud.run()

    assert set(taken.values()) == {1}
    late = {name for name in AGES if told[name] > 0}
    assert late == {f"{failing}_age_seconds"}
    assert told[f"{failing}_age_seconds"] == DAY_MS // 1000
    assert failing in told["why"]
    fails, well = ("compaction", "erasure")[:: -1 if failing == "erasure" else 1]
    assert told[fails] == ("failed" if fault is FAULTS[1] else "postponed")
    assert told[well] == "done"
    assert [line.get("unexpected") for line in cloud.lines[1:]].count(1) == (fault is FAULTS[1])


def test_a_step_is_as_old_as_its_last_success_until_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud = cloud_at_work()
    with monkeypatch.context() as patch:
        counting_steps(patch, "erasure", FAULTS[0])
        cloud.run()
        cloud.now_ms += HOUR_MS
        assert cloud.run()["erasure_age_seconds"] == (DAY_MS + HOUR_MS) // 1000
    assert cloud.run()["erasure_age_seconds"] == 0


def test_what_was_not_due_has_not_succeeded_anew() -> None:
    """Else an hourly statement that always fails would look well three runs of four."""
    cloud = cloud_at_work()
    cloud.athena.fails["OPTIMIZE"] = [{"State": "FAILED", "StateChangeReason": "no"}]
    assert cloud.run()["optimize_age_seconds"] == DAY_MS // 1000
    cloud.now_ms += 15 * MINUTE_MS
    told = cloud.run()
    assert told["optimize_age_seconds"] == (DAY_MS + 15 * MINUTE_MS) // 1000
    assert told["compaction"] == "done"


@pytest.mark.parametrize("data", [b"", b"[]", b'{"v": 99}', b'{"erasure": "x"}'])
def test_a_state_that_cannot_be_read_leaves_every_step_as_old_as_it_is(data: bytes) -> None:
    cloud = cloud_at_work()
    cloud.bucket.objects[layout.COMPACTION_STATE] = (data, cloud.now_ms)
    told = cloud.run()
    assert {told[name] for name in AGES} == {DAY_MS // 1000}
    assert "behind_seconds" not in told  # missing data is breaching
    assert (told["compaction"], told["erasure"]) == ("failed", "failed")


def test_a_state_of_erasing_that_cannot_be_read_stops_no_compaction() -> None:
    cloud = cloud_at_work()
    cloud.bucket.objects[layout.ERASING_STATE] = (b"[]", cloud.now_ms)
    told = cloud.run()
    assert (told["compaction"], told["erasure"]) == ("done", "failed")
    assert "oldest_erasure_seconds" not in told  # missing data is breaching
    assert told["erasure_age_seconds"] == DAY_MS // 1000


@pytest.mark.parametrize("data", [b"", b"[]", b'{"erasure": "x"}'])
def test_ages_that_cannot_be_read_are_as_old_as_time_until_the_next_success(data: bytes) -> None:
    cloud = cloud_at_work()
    cloud.now_ms -= DAY_MS - MINUTE_MS  # neither OPTIMIZE nor VACUUM is due
    cloud.bucket.objects[layout.COMPACTION_STEPS] = (data, cloud.now_ms)
    told = cloud.run()
    old = {name for name in AGES if told[name] > DAY_MS // 1000}
    assert old == {"optimize_age_seconds", "vacuum_age_seconds"}


def test_a_bucket_that_is_gone_tells_nothing_at_all() -> None:
    cloud = cloud_at_work()

    def gone(key: str) -> Any:
        raise AssertionError(key)

    cloud.bucket.get = gone  # type: ignore[method-assign]
    told = serve_compaction({}, None, cloud.services(), lambda: 0.0)
    assert not AGES & set(told)
    assert told["compaction"] == "failed"


def test_each_function_tells_of_its_own_steps_alone() -> None:
    """One value a metric: an alarm on one of them hears nothing of the other."""
    cloud = cloud_at_work()
    compacted, erased = cloud.compact(), cloud.erase()
    assert AGES & set(compacted) == {f"{name}_age_seconds" for name in steps.COMPACTING}
    assert AGES & set(erased) == {f"{name}_age_seconds" for name in steps.ERASING}
    shared = set(DIMENSIONS) & set(compacted) & set(erased)
    assert not shared


def test_the_line_carries_what_alarms_watch() -> None:
    told = cloud_at_work().run()
    watched = {"behind_seconds", "oldest_erasure_seconds", "rows", *AGES}
    assert watched <= set(told)
    assert watched <= set(DIMENSIONS)
    json.dumps(told)


def test_the_age_of_the_oldest_spilled_object_is_told() -> None:
    """It has a message that waits and says so, or nobody would ever hear of it."""
    cloud = cloud_at_work()
    assert cloud.run()["oldest_spilled_seconds"] == 0
    for ago_ms in (2 * HOUR_MS, 5 * HOUR_MS, HOUR_MS):
        at_ms = cloud.now_ms - ago_ms
        cloud.bucket.objects[layout.spill_key(ids.new_id(at_ms))] = (b"", at_ms)
    assert cloud.run()["oldest_spilled_seconds"] == 5 * HOUR_MS // 1000
