"""A damaged object in the bucket: set aside, named, never removed, and no other waits for it."""

import gzip

import pytest

from openbunker.compaction import quarantine
from openbunker.core import layout
from openbunker.core.times import MINUTE_MS
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud
from tests.unit.compaction.test_erasing import erasure, hers, refuse

LATER_MS = NOW_MS + 30 * MINUTE_MS


def spoil(cloud: Cloud, key: str) -> bytes:
    data, written_ms = cloud.bucket.objects[key]
    spoilt = data[:-6] + bytes([data[-6] ^ 1]) + data[-5:]
    cloud.bucket.objects[key] = (spoilt, written_ms)
    return spoilt


@pytest.mark.parametrize("names_objects", [True, False])
def test_compaction_goes_on_without_it(names_objects: bool) -> None:
    """Also where Athena does not say which one it was: then those of its minutes are looked at."""
    cloud = Cloud()
    cloud.athena.names_objects = names_objects
    cloud.deliver([event(1), event(2), event(3)])
    bad = cloud.hot_keys()[1]
    spoilt = spoil(cloud, bad)
    cloud.now_ms = LATER_MS

    told = cloud.run()

    assert (told["compaction"], told["rows"]) == ("done", 2)
    assert bad not in cloud.bucket.objects
    assert cloud.bucket.objects[layout.DAMAGED + bad][0] == spoilt
    (line,) = [one for one in cloud.lines if one.get("level") == "ERROR"]
    assert line["object"] == layout.DAMAGED + bad
    for _ in range(3):
        cloud.now_ms += 3 * 24 * 60 * MINUTE_MS
        cloud.run()
    assert cloud.bucket.objects[layout.DAMAGED + bad][0] == spoilt
    assert layout.parse(layout.DAMAGED + bad) is None  # no table and no listing sees it


def test_an_object_that_was_set_aside_before_a_death_goes_now() -> None:
    cloud = Cloud()
    cloud.deliver([event(1)])
    (bad,) = cloud.hot_keys()
    spoilt = spoil(cloud, bad)
    cloud.bucket.objects[layout.DAMAGED + bad] = (spoilt, NOW_MS)
    assert quarantine.set_aside(cloud.services(), [bad, "hot/that/is/gone"]) == 1
    assert [*cloud.bucket.objects] == [layout.DAMAGED + bad]


def test_an_error_without_a_damaged_object_is_told_as_it_is() -> None:
    cloud = Cloud()
    cloud.deliver([event(1)])
    cloud.now_ms = LATER_MS
    cloud.athena.fails["SELECT"] = [{"State": "FAILED", "StateChangeReason": "HIVE_BAD_DATA: ?"}]
    assert cloud.run()["compaction"] == "postponed"
    assert len(cloud.hot_keys()) == 1
    assert cloud.run()["compaction"] == "done"


def test_an_erasure_sets_aside_what_it_cannot_look_into_and_ends() -> None:
    cloud = Cloud()
    cloud.deliver([hers(1), event(2)])
    cloud.now_ms = LATER_MS
    cloud.run()
    bad, good = refuse(cloud, "{}", "project-b"), refuse(cloud, "{}")
    spoil(cloud, bad)
    cloud.erasures.add(erasure())

    assert cloud.run()["erasure"] == "done"

    assert {layout.DAMAGED + bad, good} <= {*cloud.bucket.objects}
    assert len(cloud.athena.cold()) == 1


def test_what_is_whole_is_no_damage() -> None:
    assert quarantine.problem_of(gzip.compress(b"{}")) == ""
    assert quarantine.problem_of(b"")
    assert quarantine.problem_of(gzip.compress(b"{}") + b"more")
