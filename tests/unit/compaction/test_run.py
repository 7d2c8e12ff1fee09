"""Runs of compaction: what becomes cold, once; what goes; and a death at any point of it."""

import json
from collections import Counter
from typing import Any

import pytest

from openbunker.compaction import planning
from openbunker.compaction.store.state import loads
from openbunker.core import layout
from openbunker.core.event import Event
from openbunker.core.times import DAY_MS, MINUTE_MS
from openbunker.wire.calendar import MAX_MS
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud, Dead

LATER_MS = NOW_MS + 30 * MINUTE_MS
KEYED = {"event_id": "e" * 32, "dedupe_key": "order-1"}


def own(number: int, **fields: Any) -> Event:
    """An event without an id of the sender's."""
    return event(number, dedupe_key=f"{number:032x}", **fields)


def keys(cloud: Cloud) -> Counter[tuple[str, str]]:
    return Counter((row["project_id"], row["dedupe_key"]) for row in cloud.athena.cold())


def later(cloud: Cloud, minutes: int) -> None:
    cloud.now_ms += minutes * MINUTE_MS


def test_closed_minutes_become_cold_and_young_ones_stay_hot() -> None:
    cloud = Cloud()
    cloud.deliver([own(1), own(2), own(3, received_ms=NOW_MS + 20 * MINUTE_MS)])
    cloud.now_ms = LATER_MS

    told = cloud.run()

    assert set(keys(cloud)) == {("project-a", f"{n:032x}") for n in (1, 2)}
    assert told["compaction"] == "done"
    assert told["rows"] == 2
    assert told["compacted_to_ms"] == LATER_MS - planning.LAG_MS
    assert told["behind_seconds"] == planning.LAG_MS // 1000
    assert len(cloud.hot_keys()) == 3


def test_a_row_is_cold_as_it_was_hot() -> None:
    cloud = Cloud()
    one = own(1, url="https://a.example/'?x", metric_value=1.5, properties={"a": ["ü", None]})
    cloud.deliver([one])
    cloud.now_ms = LATER_MS
    cloud.run()

    (row,) = cloud.athena.cold()

    assert row.pop("dt") == layout.cold_day(one.timestamp_ms, one.received_ms) == "2026-11-20"
    assert json.loads(row.pop("properties")) == {"a": ["ü", None]}
    assert row == {name: getattr(one, name) for name in row}


@pytest.mark.parametrize(
    "timestamp_ms",
    [0, NOW_MS - 31 * DAY_MS, NOW_MS - 29 * DAY_MS, NOW_MS - 1, NOW_MS, NOW_MS + 3 * DAY_MS, -5,
     -MAX_MS, -62_135_596_800_000, 253_402_300_799_999, 1_704_067_200_000_000, MAX_MS],
)  # fmt: skip
def test_a_row_lies_in_the_day_of_the_layout(timestamp_ms: int) -> None:
    cloud = Cloud()
    one = own(1, timestamp_ms=timestamp_ms)
    cloud.deliver([one])
    cloud.now_ms = LATER_MS
    cloud.run()

    (row,) = cloud.athena.cold()

    assert row["dt"] == layout.cold_day(timestamp_ms, one.received_ms)


def test_of_copies_the_first_received_wins_whenever_they_come() -> None:
    cloud = Cloud()
    cloud.deliver([event(2, dedupe_key="order-1"), event(1, dedupe_key="order-1")])
    cloud.now_ms = LATER_MS
    cloud.run()
    last_year = event(3, dedupe_key="order-1", timestamp_ms=0, received_ms=LATER_MS)
    cloud.deliver([last_year, event(4, project_id="project-b", dedupe_key="order-1")])
    later(cloud, 30)

    cloud.run()

    found = {(row["project_id"], row["event_id"]) for row in cloud.athena.cold()}
    assert found == {("project-a", f"{1:032x}"), ("project-b", f"{4:032x}")}


def test_a_senders_id_is_looked_for_as_long_as_was_configured() -> None:
    """The days are those of the first one; another one of the same id counts anew after them."""
    for dedupe_days, rows in ((0, 1), (45, 1), (30, 2)):
        cloud = Cloud(dedupe_days=dedupe_days)
        cloud.deliver([event(1, dedupe_key="order-1")])
        cloud.now_ms = LATER_MS
        cloud.run()
        cloud.now_ms = NOW_MS + 40 * DAY_MS
        cloud.deliver([event(2, dedupe_key="order-1", timestamp_ms=cloud.now_ms,
                             received_ms=cloud.now_ms)])  # fmt: skip
        later(cloud, 30)
        for _ in range(3):
            cloud.run()
        assert len(cloud.athena.cold()) == rows, dedupe_days


def test_an_object_that_comes_late_into_an_old_minute_is_found() -> None:
    cloud = Cloud()
    cloud.deliver([own(1)])
    cloud.now_ms = LATER_MS
    cloud.run()
    later(cloud, 23 * 60)
    cloud.deliver([own(2)], arrived_ms=NOW_MS - 10 * MINUTE_MS)

    cloud.run()

    assert set(keys(cloud)) == {("project-a", f"{n:032x}") for n in (1, 2)}


def test_nothing_new_asks_athena_nothing() -> None:
    cloud = Cloud()
    cloud.deliver([own(1)])
    cloud.now_ms = LATER_MS
    cloud.run()
    asked = len(cloud.athena.texts)
    later(cloud, 15)

    told = cloud.run()

    assert len(cloud.athena.texts) == asked
    assert told["behind_seconds"] == planning.LAG_MS // 1000


def test_many_days_go_in_by_statements_that_athena_takes() -> None:
    cloud = Cloud()
    cloud.deliver([own(n, timestamp_ms=NOW_MS - n * DAY_MS) for n in range(1, 28)])
    cloud.now_ms = LATER_MS

    cloud.run()

    assert len(cloud.athena.cold()) == len(keys(cloud)) == 27
    inserts = [text for text in cloud.athena.texts if text.startswith("INSERT")]
    assert len(inserts) == 3


def test_a_long_pause_is_caught_up_in_steps() -> None:
    cloud = Cloud(hot_days=9)
    for day in range(4):
        cloud.deliver([own(day + 1, received_ms=NOW_MS + day * DAY_MS)])
    cloud.now_ms = NOW_MS + 4 * DAY_MS

    told = cloud.run()

    assert len(cloud.athena.cold()) == len(keys(cloud)) == 4
    assert told["behind_seconds"] == planning.LAG_MS // 1000


def test_hot_objects_go_days_after_they_are_cold() -> None:
    cloud = Cloud(hot_days=2)
    cloud.deliver([own(1)])
    cloud.now_ms = LATER_MS
    cloud.run()
    cloud.now_ms = NOW_MS + 2 * DAY_MS - MINUTE_MS
    cloud.run()
    cloud.run()
    assert len(cloud.hot_keys()) == 1

    later(cloud, 60)
    cloud.run()
    cloud.run()

    assert cloud.hot_keys() == []
    assert len(cloud.athena.cold()) == len(keys(cloud)) == 1


def test_what_is_not_cold_is_never_removed() -> None:
    """Compaction was off for a month; the objects of that time are all there is."""
    cloud = Cloud(hot_days=2)
    cloud.deliver([own(1)])
    cloud.now_ms = NOW_MS + 30 * DAY_MS
    cloud.athena.fails["INSERT"] = [{"State": "FAILED", "StateChangeReason": "no capacity"}] * 3

    told = [cloud.run() for _ in range(3)]

    assert {one["compaction"] for one in told} == {"postponed"}
    assert len(cloud.hot_keys()) == 1
    assert told[-1]["behind_seconds"] > 7200
    cloud.run()
    assert len(cloud.athena.cold()) == len(keys(cloud)) == 1


def test_a_rejected_statement_is_a_bug_that_is_told() -> None:
    cloud = Cloud()
    cloud.deliver([own(1)])
    cloud.now_ms = LATER_MS
    cloud.athena.fails["INSERT"] = [{"State": "FAILED", "AthenaError": {"ErrorCategory": 2}}]

    told = cloud.run()

    assert told["compaction"] == "failed"
    assert told["why"].startswith("compaction: ")
    assert cloud.lines[0]["unexpected"] == 1
    assert cloud.run()["compaction"] == "done"


def test_a_statement_that_takes_longer_than_the_function_is_waited_for_by_the_next_run() -> None:
    cloud = Cloud()
    cloud.deliver([own(1)])
    cloud.now_ms = LATER_MS
    cloud.athena.hangs = True
    assert "QueryTimedOut" in cloud.run()["why"]
    assert "QueryTimedOut" in cloud.run()["why"]
    cloud.athena.finish()

    assert cloud.run()["compaction"] == "done"
    assert len(cloud.athena.cold()) == len(keys(cloud)) == 1


def test_two_runs_do_not_cross() -> None:
    cloud = Cloud()
    cloud.deliver([own(1)])
    cloud.now_ms = LATER_MS
    execute = cloud.athena._execute

    def crossed(execution: str, verb: str, text: str) -> None:
        if verb == "SELECT":
            cloud.athena._execute = execute  # type: ignore[method-assign]
            assert cloud.run()["compaction"] == "done"
        execute(execution, verb, text)

    cloud.athena._execute = crossed  # type: ignore[method-assign]

    assert "Crossed" in cloud.run()["why"]
    assert len(cloud.athena.cold()) == len(keys(cloud)) == 1


def scene() -> Cloud:
    """A bucket with copies, two days, a late object and one that is due to go."""
    cloud = Cloud(hot_days=2)
    cloud.deliver([own(1), event(2, dedupe_key="order-1"), own(3, timestamp_ms=0)])
    cloud.now_ms = LATER_MS
    cloud.run()
    cloud.now_ms = NOW_MS + 2 * DAY_MS
    cloud.deliver([own(4), own(4)], arrived_ms=NOW_MS + DAY_MS)
    cloud.run()
    later(cloud, 60)
    cloud.deliver([own(5)], arrived_ms=NOW_MS + DAY_MS)
    cloud.deliver([event(6, dedupe_key="order-1", received_ms=cloud.now_ms)])
    cloud.deliver([own(7, received_ms=cloud.now_ms), own(7, received_ms=cloud.now_ms)])
    later(cloud, 30)
    return cloud


OPS = 9  # of the run after the scene; held below
EXPECTED = {f"{n:032x}" for n in (1, 3, 4, 5, 7)} | {"order-1"}


def ops_of_a_run() -> int:
    cloud = scene()
    before = cloud.life.done
    cloud.run()
    return cloud.life.done - before


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(OPS))
def test_a_death_at_any_point_loses_and_doubles_nothing(at: int, after: bool) -> None:
    cloud = scene()
    cloud.life.dies_at, cloud.life.after = cloud.life.done + at, after
    with pytest.raises(Dead):
        cloud.run()
    for _ in range(2):
        later(cloud, 15)
        cloud.run()

    assert keys(cloud) == Counter({("project-a", key): 1 for key in EXPECTED})
    state = loads(cloud.bucket.objects[layout.COMPACTION_STATE][0])
    assert state.pending is None
    assert state.compacted_to_ms == planning.closed_ms(cloud.now_ms)
    assert all(planning.minute_ms(key) or NOW_MS <= 0 for key in cloud.hot_keys())


def test_the_runs_that_are_cut_short_are_all_of_a_run() -> None:
    assert ops_of_a_run() == OPS
