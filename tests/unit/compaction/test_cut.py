"""The cut as readers are told it: read anew after a while, never guessed."""

import pytest

from openbunker.compaction.cut import KEPT_SECONDS, Cut
from openbunker.compaction.store.memory import MemoryBucket
from openbunker.compaction.store.state import Plan, State, dumps, loads
from openbunker.core import layout
from openbunker.core.errors import QueryUnavailable


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_there_is_none_before_the_first_plan_has_succeeded() -> None:
    bucket = MemoryBucket(lambda: 0)
    assert Cut(bucket, Clock())() is None

    plan = Plan(plan_id="a", statements=("INSERT",), compacted_to_ms=60_000, listed_ms=1)
    bucket.put(layout.COMPACTION_STATE, dumps(State(pending=plan)), None)
    assert Cut(bucket, Clock())() is None


def test_it_is_kept_for_a_while() -> None:
    bucket, clock = MemoryBucket(lambda: 0), Clock()
    tag = bucket.put(layout.COMPACTION_STATE, dumps(State(compacted_to_ms=60_000)), None)
    cut = Cut(bucket, clock)
    assert cut() == 60_000
    bucket.put(layout.COMPACTION_STATE, dumps(State(compacted_to_ms=120_000)), tag)

    clock.now = KEPT_SECONDS - 1
    assert cut() == 60_000
    clock.now = KEPT_SECONDS
    assert cut() == 120_000


def test_a_state_that_nobody_can_read_is_an_outage() -> None:
    bucket = MemoryBucket(lambda: 0)
    for data in (b"", b"{}", b"[]", b'{"v": 2}', b'{"v": 1}'):
        bucket.objects[layout.COMPACTION_STATE] = (data, 0)
        with pytest.raises(QueryUnavailable):
            Cut(bucket, Clock())()


def test_a_state_is_read_as_it_was_written() -> None:
    plan = Plan(plan_id="a", statements=("A", "B"), compacted_to_ms=2, listed_ms=3, rows=4)
    state = State(compacted_to_ms=1, listed_ms=1, pending=plan, erasing={"e": 5})

    assert loads(dumps(state)) == state
    assert loads(dumps(state)).settled() == State(compacted_to_ms=2, listed_ms=3, erasing={"e": 5})
    assert loads(dumps(state)).dropped() == State(compacted_to_ms=1, listed_ms=1, erasing={"e": 5})
