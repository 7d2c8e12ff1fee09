"""Rows and bytes of an erased customer go some days at a time, of the days that hold any."""

import json
import re
from typing import Any

import pytest

from openbunker.compaction import planning, statements
from openbunker.compaction.erasing import SPANS
from openbunker.compaction.store import state as states
from openbunker.compaction.store.state import Batch, State, Task
from openbunker.core import layout
from openbunker.core.times import DAY_MS, MINUTE_MS
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud
from tests.unit.compaction.test_erasing import erasure, hers, later, left


def year_of_hers(cloud: Cloud, days: int) -> None:
    """Make a row of hers and one of somebody else cold, on every second day and on the others."""
    cloud.run()
    for number in range(days):
        at_ms = NOW_MS - number * DAY_MS
        for row in (hers(2 * number + 1), event(2 * number + 2)):
            if number % 2 == 0 or row.customer_identifier is None:
                values = [row.project_id, row.event_id, row.dedupe_key, row.customer_identifier]
                cloud.athena.database.execute(
                    "INSERT INTO cold_events (project_id, event_id, dedupe_key, "
                    "customer_identifier, received_ms, timestamp_ms, dt) VALUES (?,?,?,?,?,?,?)",
                    [*values, at_ms, at_ms, layout.day(at_ms)],
                )


def days_of(texts: list[str], verb: str) -> list[list[str]]:
    """Return the days that each statement of a verb names."""
    named = (text for text in texts if text.startswith(verb))
    return [re.findall(r"'(\d{4}-\d\d-\d\d)'", text) for text in named]


def started(days: int = 100) -> Cloud:
    cloud = Cloud()
    cloud.deliver([event(0)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    year_of_hers(cloud, days)
    cloud.erasures.add(erasure())
    cloud.athena.texts.clear()
    return cloud


def test_only_days_that_hold_hers_are_written_to_and_few_in_a_statement() -> None:
    cloud = started()
    assert cloud.run()["erasure"] == "done"

    held = sorted(layout.day(NOW_MS - number * DAY_MS) for number in range(0, 100, 2))
    for verb in ("DELETE", "OPTIMIZE"):
        found = days_of(cloud.athena.texts, verb)
        assert [day for days in found for day in days] == held
        assert max(map(len, found)) == SPANS[verb.lower()]
    assert not {number for number in left(cloud) if number % 2}
    assert len(left(cloud)) == 101


@pytest.mark.parametrize("verb", ["DELETE", "OPTIMIZE"])
def test_a_run_goes_on_with_the_days_that_the_last_one_left(verb: str) -> None:
    cloud = started()
    slow = {"State": "RUNNING"}
    cloud.athena.fails[verb] = [{"State": "SUCCEEDED"}, slow]

    assert "QueryTimedOut" in cloud.run()["why"]
    slow["State"] = "SUCCEEDED"
    later(cloud, MINUTE_MS)
    cloud.run()

    found = [day for days in days_of(cloud.athena.texts, verb) for day in days]
    assert len(found) == len(set(found)) == 50
    assert "erasing" not in cloud.lines[-1]


def test_days_that_fail_are_tried_again_before_any_later_ones() -> None:
    """The bytes are promised: none of them is left to somebody else."""
    cloud = started(20)
    cloud.athena.fails["OPTIMIZE"] = [{"State": "FAILED", "StateChangeReason": "busy"}]
    assert "busy" in cloud.run()["why"]
    cloud.athena.texts.clear()
    cloud.run()
    assert len({day for days in days_of(cloud.athena.texts, "OPTIMIZE") for day in days}) == 10


def test_a_row_that_comes_late_never_follows_those_that_were_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where more customers wait than a statement has room for."""
    cloud = started(4)
    slow = {"State": "RUNNING"}
    cloud.athena.fails["OPTIMIZE"] = [slow]
    cloud.run()
    monkeypatch.setattr(planning, "MAX_LATE", 1)
    cloud.erasures.add(erasure(2, customer_identifier="Bob", requested_ms=NOW_MS + 1))
    cloud.deliver([hers(99), event(98)], arrived_ms=cloud.now_ms)
    later(cloud, 30 * MINUTE_MS)
    slow["State"] = "SUCCEEDED"

    assert cloud.run()["rows"] == 2

    assert 98 in left(cloud)
    assert 99 not in left(cloud)


def test_nobodys_rows_are_looked_for_once_and_nothing_is_written() -> None:
    cloud = started()
    cloud.erasures.erasures.clear()
    cloud.erasures.add(erasure(customer_identifier="nobody"))
    cloud.run()
    assert [text.split()[0] for text in cloud.athena.texts] == ["SELECT"]


@pytest.mark.parametrize("stage", ["delete", "optimize"])
def test_a_batch_that_an_earlier_release_began_goes_through_the_whole_table(stage: str) -> None:
    cloud = started(4)
    (one,) = cloud.erasures.to_erase()
    del cloud.bucket.objects[layout.ERASING_STATE]
    found = cloud.bucket.objects[layout.COMPACTION_STATE]
    told: dict[str, Any] = json.loads(found[0])
    batch = {"batch_id": "0" * 32, "erasures": [one.erasure_id], "stage": stage}
    told["batch"] = {**batch, "after": "", "tries": 1}
    cloud.bucket.objects[layout.COMPACTION_STATE] = (json.dumps(told).encode(), found[1])

    cloud.run()

    whole = [text for text in cloud.athena.texts if text.startswith(("DELETE", "OPTIMIZE"))]
    expected = ["DELETE", "OPTIMIZE"] if stage == "delete" else ["OPTIMIZE"]
    assert [text.split()[0] for text in whole] == expected
    assert whole[-1] == statements.optimize()
    assert "erasing" not in cloud.lines[-1]


def test_a_state_with_work_under_way_is_read_as_it_was_written() -> None:
    batch = Batch(batch_id="b", erasures=("x",), stage="delete", days=("2026-11-20", "other"))
    task = Task(task_id="t", begun_ms=5, days=("other",), tries=2, failed=True)
    for given in (State(batch=batch), State(joining=task), State(vacuuming=task)):
        assert states.loads(states.dumps(given)) == given
    assert b"joining" not in states.dumps(State())


def test_what_is_no_day_never_becomes_text() -> None:
    with pytest.raises(ValueError, match="not days"):
        statements.optimize(["2026-11-20' OR true --"])
