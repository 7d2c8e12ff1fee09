"""When what was refused lies by hour alone: noted by runs, over an update and over a way back."""

from openbunker.compaction.cut import KEPT_SECONDS, OldestHot, RefusedHours
from openbunker.compaction.store import refused_hours
from openbunker.compaction.store.memory import MemoryBucket
from openbunker.core import layout
from openbunker.core.times import DAY_MS, HOUR_MS, MINUTE_MS
from tests.support.query.lake import NOW_MS, event
from tests.support.query.refused import by_minute
from tests.unit.compaction.cloud import Cloud

LATER_MS = NOW_MS + 5 * HOUR_MS + 7 * MINUTE_MS


def told(bucket: MemoryBucket) -> int | None:
    return RefusedHours(bucket, lambda: 0.0)()


def lay(bucket: MemoryBucket, prefix: str) -> None:
    bucket.objects[f"{prefix}{len(bucket.objects)}.json.gz"] = (b"", 0)


def test_the_first_run_says_a_day_from_now_and_later_ones_leave_it() -> None:
    bucket = MemoryBucket(lambda: 0)
    assert told(bucket) is None
    refused_hours.note(bucket, NOW_MS)
    assert told(bucket) == NOW_MS + DAY_MS
    lay(bucket, layout.refused_prefix(LATER_MS))
    refused_hours.note(bucket, LATER_MS)
    assert told(bucket) == NOW_MS + DAY_MS


def test_it_moves_on_while_a_stack_still_delivers_by_minute() -> None:
    """Whether it was not updated whole, or went back and was updated again."""
    for at_ms in (LATER_MS, LATER_MS - DAY_MS):
        bucket = MemoryBucket(lambda: 0)
        refused_hours.note(bucket, NOW_MS)
        lay(bucket, layout.refused_prefix(at_ms))
        lay(bucket, by_minute(at_ms))
        refused_hours.note(bucket, LATER_MS)
        assert told(bucket) == LATER_MS + DAY_MS


def test_what_is_no_state_is_not_known_and_is_written_anew() -> None:
    for data in (b"{", b"[]", b'{"hours_from_ms": null}'):
        bucket = MemoryBucket(lambda: 0)
        bucket.objects[layout.REFUSED_STATE] = (data, 0)
        assert told(bucket) is None
        refused_hours.note(bucket, NOW_MS)
        assert told(bucket) == NOW_MS + DAY_MS


def test_a_run_notes_it_and_readers_keep_it_for_a_while() -> None:
    cloud = Cloud()
    clock = [0.0]
    known = RefusedHours(cloud.bucket, lambda: clock[0])
    assert known() is None
    cloud.athena.fails["CREATE"] = [{"State": "FAILED", "StateChangeReason": "no"}]
    assert cloud.run()["compaction"] == "postponed"
    assert known() is None
    clock[0] = KEPT_SECONDS
    assert known() == NOW_MS + DAY_MS


def test_the_oldest_hot_object_is_the_first_that_is_one() -> None:
    cloud = Cloud()
    assert OldestHot(cloud.bucket, lambda: 0.0)() is None
    cloud.bucket.objects["hot/a"] = (b"", 0)
    for number in (2, 1, 3):
        at_ms = NOW_MS + number * MINUTE_MS
        cloud.deliver([event(number, received_ms=at_ms)])
    assert OldestHot(cloud.bucket, lambda: 0.0)() == NOW_MS + MINUTE_MS
