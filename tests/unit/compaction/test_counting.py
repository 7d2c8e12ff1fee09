"""Usage on AWS: counted after a run, from what is cold, and settled into quotas."""

import pytest

from openbunker.compaction.services import Counts
from openbunker.core.times import DAY_MS, MINUTE_MS
from openbunker.keys.memory import MemoryKeyStore
from openbunker.usage.days import day_of
from openbunker.usage.memory import MemoryUsageStore
from tests.support.query.lake import NOW_MS, PROJECT, event
from tests.unit.compaction.cloud import Cloud

TODAY, YESTERDAY = day_of(NOW_MS + DAY_MS // 2), day_of(NOW_MS - 1)


class Counted(Cloud):
    """A cloud with stores of counts and of projects; it is noon."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = NOW_MS + DAY_MS // 2
        self.usage, self.states = MemoryUsageStore(), MemoryKeyStore()
        self.counts = Counts(self.usage, self.states)

    def send(self, *numbers: int, key: str = "") -> None:
        at = self.now_ms
        self.deliver(event(n, dedupe_key=key or f"d{n}", received_ms=at) for n in numbers)

    def run_later(self, minutes: int = 30) -> None:
        self.now_ms += minutes * MINUTE_MS
        assert self.run()["compaction"] == "done"

    def events(self, day: str = TODAY) -> int:
        return sum(line.events for line in self.usage.of_project(PROJECT, day, day))


def test_what_became_cold_is_counted_once_whatever_comes_again() -> None:
    cloud = Counted()
    cloud.send(1, 2)
    cloud.send(3, 4, key="same")
    cloud.run_later()
    assert cloud.events() == 3
    cloud.send(5, key="same")
    cloud.send(6)
    cloud.run_later()
    assert cloud.events() == 4
    assert cloud.usage.last_used(PROJECT) == {"write-1": cloud.now_ms - 3_600_000}


def test_a_quota_is_settled_by_the_run_that_counts() -> None:
    cloud = Counted()
    cloud.states.change_project(PROJECT, {"monthly_events": 2})
    cloud.send(1)
    cloud.run_later()
    assert not cloud.states.project(PROJECT).over_quota(cloud.now_ms)
    cloud.send(2)
    cloud.run_later()
    assert cloud.states.project(PROJECT).over_quota(cloud.now_ms)


def test_an_event_of_yesterday_is_counted_there() -> None:
    cloud = Counted()
    cloud.now_ms = NOW_MS - MINUTE_MS
    cloud.send(1)
    cloud.run_later()
    assert (cloud.events(YESTERDAY), cloud.events()) == (1, 0)


@pytest.mark.parametrize("days", [0, 20, 300, -2])
def test_an_event_is_counted_whenever_it_happened(days: int) -> None:
    cloud = Counted()
    at = cloud.now_ms
    cloud.deliver([event(1, received_ms=at, timestamp_ms=at - days * DAY_MS)])
    cloud.run_later()
    assert cloud.events() == 1


def test_it_is_not_counted_more_often_than_worth_its_price() -> None:
    cloud = Counted()
    cloud.run_later()
    counted = cloud.usage.counted_ms()
    cloud.run_later(5)
    assert cloud.usage.counted_ms() == counted
    cloud.run_later(10)
    assert cloud.usage.counted_ms() == cloud.now_ms


@pytest.mark.parametrize("part", ["usage", "states"])
def test_a_count_that_fails_is_told_and_stops_nothing_else(part: str) -> None:
    cloud = Counted()
    getattr(cloud, part).down = True
    cloud.send(1)
    cloud.now_ms += 30 * MINUTE_MS
    told = cloud.run()
    assert told["why"].startswith("usage: ")
    assert told["usage_age_seconds"] == cloud.now_ms // 1000
    assert told["vacuum_age_seconds"] == 0
    assert len(cloud.athena.cold()) == 1
    getattr(cloud, part).down = False
    cloud.run_later()
    assert cloud.events() == 1
