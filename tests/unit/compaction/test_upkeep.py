"""The table is looked after now and then, and a failure of that is no failure of compaction."""

import re

from openbunker.compaction import upkeep
from openbunker.compaction.erasing import SNAPSHOT_AGE_MS
from openbunker.compaction.planning import LATE_MS
from openbunker.core import layout
from openbunker.core.times import DAY_MS, MINUTE_MS
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud
from tests.unit.compaction.test_erasing import erasure, hers

JOIN = "OPTIMIZE cold_events REWRITE DATA USING BIN_PACK"


def verbs(cloud: Cloud) -> list[str]:
    told = [text for text in cloud.athena.texts if text.startswith(("OPTIMIZE", "VACUUM"))]
    cloud.athena.texts.clear()
    return told


def joined(texts: list[str]) -> list[str]:
    """Return the days of all statements, in their order; each names a few."""
    found = [re.findall(r"'([^']+)'", text) for text in texts if text.startswith(JOIN)]
    assert all(0 < len(days) <= upkeep.SPAN_DAYS for days in found)
    return [day for days in found for day in days]


def test_small_files_are_joined_each_hour_and_snapshots_removed_each_day() -> None:
    cloud = Cloud()
    cloud.deliver([event(1)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.run()
    told = verbs(cloud)
    days = [layout.day(NOW_MS - number * DAY_MS) for number in range(-1, 47)]
    assert (joined(told), told[-1]) == ([layout.OTHER_DAYS, *days], "VACUUM cold_events")
    cloud.now_ms += 15 * MINUTE_MS
    cloud.run()
    assert verbs(cloud) == []

    cloud.now_ms += 60 * MINUTE_MS
    cloud.run()
    assert verbs(cloud) == [
        f"{JOIN} WHERE dt IN ('other', '2026-11-22', '2026-11-21', '2026-11-20')"
    ]

    cloud.now_ms = NOW_MS + DAY_MS + 31 * MINUTE_MS
    cloud.run()
    assert len(joined(verbs(cloud))) == 49


def test_what_a_run_does_not_come_to_the_next_one_goes_on_with() -> None:
    """One statement takes longer than a run: it is waited for, and its days are joined once."""
    cloud = Cloud()
    cloud.deliver([event(1)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    slow = {"State": "RUNNING"}
    cloud.athena.fails["OPTIMIZE"] = [{"State": "SUCCEEDED"}, slow]

    assert "QueryTimedOut" in cloud.run()["why"]
    first = verbs(cloud)
    assert len(first) == 2
    slow["State"] = "SUCCEEDED"
    told = cloud.run()

    days = joined(first + verbs(cloud))
    assert len(days) == len(set(days)) == 49
    assert told["optimize_age_seconds"] == 0


def test_days_that_fail_stand_before_no_others_and_are_told() -> None:
    cloud = Cloud()
    cloud.deliver([event(1)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.athena.fails["OPTIMIZE"] = [{"State": "FAILED", "StateChangeReason": "busy"}]
    assert "busy" in cloud.run()["why"]
    assert len(joined(verbs(cloud))) == upkeep.SPAN_DAYS

    told = cloud.run()

    assert len(joined(verbs(cloud))) == 49 - upkeep.SPAN_DAYS
    assert told["optimize_age_seconds"] > 0


def test_a_vacuum_that_outlives_its_run_is_waited_for() -> None:
    cloud = Cloud()
    cloud.deliver([event(1)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    slow = {"State": "RUNNING"}
    cloud.athena.fails["VACUUM"] = [slow]
    for _ in range(2):
        assert "QueryTimedOut" in cloud.compact()["why"]
    slow["State"] = "SUCCEEDED"
    assert cloud.compact()["vacuum_age_seconds"] == 0
    assert verbs(cloud).count("VACUUM cold_events") == 1


def test_erasing_waits_for_its_vacuum_and_one_that_began_too_early_does_not_count() -> None:
    """Two are taken out half an hour apart; the first one's removal takes until both are old."""
    cloud = Cloud()
    cloud.deliver([hers(1)])
    cloud.erasures.add(erasure())
    for number in (1, 2):
        cloud.now_ms = NOW_MS + number * 30 * MINUTE_MS
        cloud.run()
        bob = erasure(2, customer_identifier="Bob", requested_ms=NOW_MS + 20 * MINUTE_MS)
        cloud.erasures.add(bob)
    early, late = {"State": "RUNNING"}, {"State": "RUNNING"}
    cloud.athena.fails["VACUUM"] = [early, late]
    cloud.now_ms = NOW_MS + 91 * MINUTE_MS
    verbs(cloud)
    cloud.erase()
    assert verbs(cloud) == ["VACUUM cold_events"]
    cloud.now_ms = NOW_MS + 2 * SNAPSHOT_AGE_MS + MINUTE_MS

    cloud.erase()  # still waits for the first one
    assert not verbs(cloud)
    early["State"] = "SUCCEEDED"
    cloud.erase()
    assert len(cloud.erasures.to_erase()) == 2
    late["State"] = "SUCCEEDED"
    cloud.erase()

    assert verbs(cloud) == ["VACUUM cold_events"]
    assert not cloud.erasures.to_erase()


def test_the_days_that_are_joined_hold_all_that_a_row_may_still_come_to() -> None:
    """However long the history is; the partition of other days is among them."""
    received_ms = NOW_MS - LATE_MS
    oldest = layout.cold_day(received_ms - layout.COLD_BEFORE_MS, received_ms)
    since = layout.day(NOW_MS - upkeep.WRITTEN_MS)
    assert since <= oldest < layout.OTHER_DAYS
    assert upkeep.WRITTEN_MS <= 46 * DAY_MS  # docs/deploy.md


def test_one_that_fails_is_left_to_the_next_hour() -> None:
    cloud = Cloud()
    cloud.deliver([event(1)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.athena.fails["OPTIMIZE"] = [{"State": "FAILED", "StateChangeReason": "busy"}]

    told = cloud.run()

    assert "busy" in told["why"]
    assert len(cloud.athena.cold()) == 1
    assert told["behind_seconds"] == 15 * 60
