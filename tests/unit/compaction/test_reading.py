"""A question asked at any moment of a compaction counts each event once: before, during, after it.

The question's own text and that of compaction run over the same tables, in DuckDB's words.
"""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.compaction.cut import Cut
from openbunker.core.event import Event
from openbunker.core.times import DAY_MS, MINUTE_MS
from openbunker.query.athena.engine import AthenaEngine
from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from tests.support.laws import drawn
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.cloud import Cloud, Dead

BODY = {"time_period": "minus_90_days", "computations": [{"function": "count"}]}


def counted(cloud: Cloud, cut: Cut | None = None) -> int:
    """Ask how many events there are, with a cut that was just read, or with an older one."""
    cut = cut or Cut(cloud.bucket, lambda: 0.0)
    engine = AthenaEngine(cloud.services().executions, compacted_to_ms=cut)
    plan = sql.plan(question.parse(BODY), Scope("project-a"), cloud.now_ms)
    ((found,),) = plan.answer(engine.run(plan.statement))
    return int(found)


def sent(number: int, key: int | None, days_ago: int, at_ms: int) -> Event:
    own = f"{number:032x}"
    dedupe_key = own if key is None else f"order-{key}"
    happened_ms = at_ms - days_ago * DAY_MS
    return event(number, dedupe_key=dedupe_key, received_ms=at_ms, timestamp_ms=happened_ms)


def test_an_answer_is_the_same_at_each_effect_of_a_run() -> None:
    def scene() -> Cloud:
        cloud = Cloud()
        cloud.deliver([sent(1, None, 0, NOW_MS), sent(2, 1, 0, NOW_MS), sent(3, 1, 2, NOW_MS)])
        cloud.now_ms = NOW_MS + 30 * MINUTE_MS
        cloud.run()
        cloud.deliver([sent(4, 1, 40, cloud.now_ms), sent(5, 2, 1, cloud.now_ms)])
        cloud.now_ms += 20 * MINUTE_MS
        cloud.deliver([sent(6, 2, 0, cloud.now_ms), sent(7, None, 0, cloud.now_ms)])
        return cloud

    whole = scene()
    before = whole.life.done
    whole.run()
    for at in range(whole.life.done - before):
        for after in (False, True):
            cloud = scene()
            old = Cut(cloud.bucket, lambda: 0.0)
            assert counted(cloud, old) == 4
            cloud.life.dies_at, cloud.life.after = cloud.life.done + at, after
            with pytest.raises(Dead):
                cloud.run()
            cloud.life.dies_at = None
            assert counted(cloud) == 4, (at, after)
            assert counted(cloud, old) == 4, "a cut that was read before is as good"


STEPS = st.one_of(
    st.tuples(
        st.just("send"),
        st.integers(1, 6),
        st.none() | st.integers(0, 2),
        st.sampled_from([0, 1, 29, 40]),
    ),
    st.tuples(
        st.just("run"),
        st.sampled_from([1, 16, 120, 26 * 60]),
        st.none() | st.integers(0, 9),
        st.booleans(),
    ),
)


@drawn(7, of=25)
@given(st.lists(STEPS, max_size=9))
def test_any_history_is_counted_right_at_each_of_its_moments(history: list[tuple]) -> None:  # type: ignore[type-arg]
    cloud, keys = Cloud(), dict[str, Event]()
    for kind, first, second, third in history:
        if kind == "send":
            one = sent(first, second, third, cloud.now_ms)
            if second is None:
                one = keys.get(one.dedupe_key, one)  # a copy of ours is the very same row
            cloud.deliver([one], arrived_ms=cloud.now_ms)
            keys.setdefault(one.dedupe_key, one)
        else:
            cloud.now_ms += first * MINUTE_MS
            cloud.life.dies_at = None if second is None else cloud.life.done + second
            cloud.life.after = third
            with suppress(Dead):
                cloud.run()
            cloud.life.dies_at = None
        assert counted(cloud) == len(keys)
