"""The table is looked after now and then, and a failure of that is no failure of compaction."""

from openbunker.compaction import upkeep
from openbunker.compaction.run import LATE_MS
from openbunker.core import layout
from openbunker.core.times import DAY_MS, MINUTE_MS
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud

JOIN = "OPTIMIZE cold_events REWRITE DATA USING BIN_PACK"


def verbs(cloud: Cloud) -> list[str]:
    told = [text for text in cloud.athena.texts if text.startswith(("OPTIMIZE", "VACUUM"))]
    cloud.athena.texts.clear()
    return told


def test_small_files_are_joined_each_hour_and_snapshots_removed_each_day() -> None:
    cloud = Cloud()
    cloud.deliver([event(1)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.run()
    assert verbs(cloud) == [
        f"{JOIN} WHERE dt >= '2026-10-06'",
        "VACUUM cold_events",
    ]
    cloud.now_ms += 15 * MINUTE_MS
    cloud.run()
    assert verbs(cloud) == []

    cloud.now_ms += 60 * MINUTE_MS
    cloud.run()
    assert verbs(cloud) == [f"{JOIN} WHERE dt >= '2026-11-20'"]

    cloud.now_ms = NOW_MS + DAY_MS + 31 * MINUTE_MS
    cloud.run()
    assert len(verbs(cloud)) == 2


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
