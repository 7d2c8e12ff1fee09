"""An erasure always ends: in batches, over many runs, whatever ends one of them and when."""

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from openbunker.compaction import rewriting
from openbunker.compaction.erasing import SNAPSHOT_AGE_MS
from openbunker.compaction.store import state as states
from openbunker.compaction.store.bucket import Content, Listed
from openbunker.compaction.store.state import Batch, State
from openbunker.compaction.walk import RESERVE_SECONDS
from openbunker.core import layout
from openbunker.core.times import DAY_MS, MINUTE_MS
from tests.support.laws import spread
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud, Dead, MortalBucket
from tests.unit.compaction.test_erasing import NAME, erasure, hers, later, left, refuse

PLACE = layout.refused_prefix(NOW_MS - DAY_MS)
ORDINARY = Content(gzip.compress(b'{"project_id": "project-z"}\n'), "ordinary")


class Sea(MortalBucket):
    """A bucket with so many refused objects of another project; listing one takes so long."""

    def __init__(self, cloud: Cloud, size: int, listing_ms: int) -> None:
        super().__init__(cloud)
        self.cloud, self.size, self.listing_ms = cloud, size, listing_ms
        self.listed_first: list[str] = []

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        if prefix != layout.REFUSED:
            yield from super().listed(prefix, after)
            return
        self.listed_first.append(after)
        within = after.startswith(PLACE)
        for number in range(int(after[len(PLACE) :].partition(".")[0]) + 1 if within else 0,
                            0 if after > f"{PLACE}~" else self.size):  # fmt: skip
            self.cloud.now_ms += self.listing_ms
            yield Listed(f"{PLACE}{number:07}.json.gz", NOW_MS)
        yield from super().listed(prefix, after)

    def get(self, key: str) -> Content | None:
        return ORDINARY if key.startswith(PLACE) else super().get(key)


def at_sea(size: int, listing_ms: int) -> Cloud:
    """Return a cloud whose hot rows are cold, with a customer in the table and at both ends."""
    cloud = Cloud()
    cloud.bucket = cloud.athena.bucket = Sea(cloud, size, listing_ms)
    cloud.deliver([hers(1), event(2)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    refuse(cloud, json.dumps({"who": NAME}))
    cloud.erasures.add(erasure())
    return cloud


def held(cloud: Cloud) -> bool:
    """Return whether anything of hers lies anywhere."""
    objects = (gzip.decompress(d) for k, (d, _) in cloud.bucket.objects.items() if k[-2:] == "gz")
    return 1 in left(cloud) or any(NAME.encode() in data for data in objects)


def runs_until_taken_out(cloud: Cloud) -> list[int]:
    """Run until nothing is under way; return how many objects each run looked into."""
    looked: list[int] = []
    while not looked or "erasing" in cloud.lines[-1]:
        told = cloud.run()
        assert told["erasure"] == "done", told
        looked.append(told.get("erasing_objects", 0))
        later(cloud, 15 * MINUTE_MS)
        assert len(looked) < 100
    return looked


def test_objects_are_looked_into_once_in_runs_of_bounded_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tenth of the million that tests/e2e looks into, a tenth in each run."""
    monkeypatch.setattr(rewriting, "MAX_OBJECTS", rewriting.MAX_OBJECTS // 10)
    hold_bounded_work(100_000)


def hold_bounded_work(size: int) -> None:
    """Erase among so many objects, in six runs, and hold that each is looked into once."""
    cloud = at_sea(size, 1)

    looked = runs_until_taken_out(cloud)

    assert len(looked) == 6
    assert max(looked) < rewriting.MAX_OBJECTS + rewriting.PAGE
    assert sum(looked) == size + 3  # with two that are hot, and the refused one of hers
    assert not held(cloud)
    later(cloud, SNAPSHOT_AGE_MS)
    assert cloud.run()["erasures_waiting"] == 0


def test_a_run_ends_in_time_and_the_next_one_goes_on_there() -> None:
    cloud = at_sea(20_000, 100)
    looked = runs_until_taken_out(cloud)
    assert len(looked) == 3
    assert max(looked) * 0.1 < 840 - RESERVE_SECONDS + 1
    assert not held(cloud)


def test_an_erasure_that_comes_meanwhile_waits_for_the_next_batch_and_misses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud = at_sea(3_000, 1)
    cloud.erasures.add(erasure(2, customer_identifier="Bob"))
    cloud.deliver([event(7, customer_identifier="Eve")])
    monkeypatch.setattr(rewriting, "MAX_OBJECTS", 2_000)
    assert cloud.run()["erasing"] == layout.REFUSED
    cloud.erasures.add(erasure(3, customer_identifier="Eve"))

    looked = runs_until_taken_out(cloud)

    assert sum(looked) > 4_000
    assert not any(b"Eve" in gzip.decompress(data) for k, (data, _) in cloud.bucket.objects.items()
                   if k.endswith(".gz"))  # fmt: skip
    later(cloud, SNAPSHOT_AGE_MS)
    cloud.run()
    assert not cloud.erasures.to_erase()


@pytest.mark.drawn
@pytest.mark.parametrize("after", [False, True])
def test_a_death_at_any_step_costs_a_step(after: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewriting, "PAGE", 2)
    for dies_at in spread(range(60), 30):
        cloud = Cloud()
        cloud.deliver([hers(1), event(2), hers(3, received_ms=NOW_MS - DAY_MS), event(4)])
        cloud.now_ms = NOW_MS + 30 * MINUTE_MS
        refuse(cloud, json.dumps({"who": NAME}))
        cloud.run()
        cloud.erasures.add(erasure())
        cloud.life.dies_at, cloud.life.after = cloud.life.done + dies_at, after
        with suppress(Dead):
            cloud.run()
            return  # no step is left at which it could die
        cloud.life.dies_at = None
        for _ in range(2):
            cloud.run()
            later(cloud, 2 * SNAPSHOT_AGE_MS)
        cloud.run()
        assert (left(cloud), held(cloud)) == ({2, 4}, False), dies_at
        assert not cloud.erasures.to_erase(), dies_at
    raise AssertionError("it always died")


def test_a_statement_that_outlives_its_run_is_waited_for_and_not_started_twice() -> None:
    cloud = Cloud()
    cloud.deliver([hers(1)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    cloud.run()
    cloud.athena.texts.clear()
    cloud.erasures.add(erasure())
    for verb in ("DELETE", "OPTIMIZE"):
        status = {"State": "RUNNING"}
        cloud.athena.fails[verb] = [status]
        assert "QueryTimedOut" in cloud.run()["why"]
        status["State"] = "SUCCEEDED"
    started = [text for text in cloud.athena.texts if text.startswith(("DELETE", "OPTIMIZE"))]

    cloud.run()

    assert len(started) == 2
    assert "OPTIMIZE cold_events REWRITE DATA USING BIN_PACK WHERE dt IN ('2026-11-20')" in started
    assert not [text for text in cloud.athena.texts if text.startswith("DELETE")][1:]


def test_every_run_tells_how_old_the_oldest_erasure_is() -> None:
    cloud = Cloud()
    cloud.deliver([hers(1)])
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    assert cloud.run()["oldest_erasure_seconds"] == 0
    cloud.erasures.add(erasure(1, requested_ms=cloud.now_ms - 5_000))
    cloud.erasures.add(erasure(2, requested_ms=cloud.now_ms - 7_000))
    cloud.athena.fails["SELECT"] = [{"State": "FAILED", "StateChangeReason": "no"}]
    cloud.deliver([event(5)])
    later(cloud, 30 * MINUTE_MS)

    told = cloud.run()

    assert told["compaction"] == "postponed"
    assert (told["erasures_waiting"], told["oldest_erasure_seconds"]) == (2, 30 * 60 + 7)
    cloud.erasures.down = True
    assert "oldest_erasure_seconds" not in cloud.run()


def test_an_object_with_a_line_that_is_no_row_stops_no_erasure() -> None:
    cloud = Cloud()
    cloud.deliver([hers(1)])
    cloud.erasures.add(erasure())
    cloud.now_ms = NOW_MS + 30 * MINUTE_MS
    for number, line in enumerate([b'{"project-a"', b'["project-a"]', b'{"x": "project-a"}']):
        cloud.bucket.objects[f"{PLACE}{number}.json.gz"] = (gzip.compress(line), NOW_MS)

    assert cloud.run()["erasure"] == "done"

    moved = [key for key in cloud.bucket.objects if key.startswith(layout.DAMAGED)]
    assert len(moved) == 3  # and none of them names her
    later(cloud, 2 * SNAPSHOT_AGE_MS)
    cloud.run()
    assert not cloud.erasures.to_erase()


def test_a_state_of_before_opens_and_one_without_a_batch_opens_before() -> None:
    old = states.dumps(State(erasing={"a": 1}))
    assert b"batch" not in old
    assert states.loads(old) == State(erasing={"a": 1})
    under_way = State(batch=Batch(batch_id="b", erasures=("x", "y"), stage="hot/", after="k"))
    assert states.loads(states.dumps(under_way)) == under_way
    assert states.loads(states.dumps(replace(under_way, batch=None))) == State()


def test_a_batch_whose_erasures_somebody_else_has_marked_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rewriting, "MAX_OBJECTS", 2_000)
    cloud = at_sea(3_000, 1)
    cloud.run()
    (one,) = cloud.erasures.to_erase()
    cloud.erasures.mark_erased(one, cloud.now_ms)
    cloud.erasures.add(erasure(2, customer_identifier="Bob"))
    runs_until_taken_out(cloud)
    later(cloud, SNAPSHOT_AGE_MS)
    cloud.run()
    assert not cloud.erasures.to_erase()
