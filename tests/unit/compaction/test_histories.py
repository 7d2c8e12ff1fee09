"""Any history of deliveries, copies, late objects, runs and deaths: each event is cold once."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from openbunker.compaction import planning
from openbunker.core.event import Event
from openbunker.core.times import DAY_MS, MINUTE_MS
from tests.support.laws import drawn
from tests.support.query.lake import event
from tests.unit.compaction.cloud import Cloud, Dead


@dataclass(frozen=True)
class Delivery:
    """An event of one of few keys, received some minutes ago; late: in an object of that minute."""

    number: int
    key: int | None
    age_minutes: int
    happened_days_ago: int
    late: bool


@dataclass(frozen=True)
class Passing:
    """Minutes that pass until the function is called; it may die at one of its effects."""

    minutes: int
    dies_at: int | None
    after: bool


DELIVERIES = st.builds(
    Delivery,
    number=st.integers(1, 6),
    key=st.none() | st.integers(0, 2),
    age_minutes=st.sampled_from([0, 1, 14, 20, 60, 23 * 60]),
    happened_days_ago=st.sampled_from([0, 1, 29, 40]),
    late=st.booleans(),
)
PASSING = st.builds(
    Passing,
    minutes=st.sampled_from([1, 15, 16, 120, 24 * 60, 3 * 24 * 60]),
    dies_at=st.none() | st.integers(0, 9),
    after=st.booleans(),
)


def delivered(cloud: Cloud, one: Delivery, known: dict[int, Event]) -> Event:
    """Deliver an event. The same number without a key of the sender's is the very same event."""
    received_ms = cloud.now_ms - one.age_minutes * MINUTE_MS
    made = event(
        one.number,
        dedupe_key=f"{one.number:032x}" if one.key is None else f"order-{one.key}",
        received_ms=received_ms,
        timestamp_ms=received_ms - one.happened_days_ago * DAY_MS,
    )
    if one.key is None:
        made = known.setdefault(one.number, made)
    cloud.deliver([made], arrived_ms=received_ms if one.late else cloud.now_ms)
    return made


def passed(cloud: Cloud, step: Passing) -> None:
    cloud.now_ms += step.minutes * MINUTE_MS
    if step.dies_at is not None:
        cloud.life.dies_at, cloud.life.after = cloud.life.done + step.dies_at, step.after
    with suppress(Dead):
        cloud.run()
    cloud.life.dies_at = None


@drawn(15, of=40)
@given(st.lists(DELIVERIES | PASSING, max_size=12))
def test_every_event_is_cold_once_whatever_happened(history: list[Delivery | Passing]) -> None:
    cloud = Cloud(hot_days=2)
    known: dict[int, Event] = {}
    sent: list[Event] = []
    for step in history:
        if isinstance(step, Delivery):
            sent.append(delivered(cloud, step, known))
        else:
            passed(cloud, step)
    for minutes in (30, 15):
        cloud.now_ms += minutes * MINUTE_MS
        told = cloud.run()

    cold = cloud.athena.cold()

    assert Counter(row["dedupe_key"] for row in cold) == dict.fromkeys(
        {one.dedupe_key for one in sent}, 1
    )
    assert {(row["event_id"], row["received_ms"]) for row in cold} <= {
        (one.event_id, one.received_ms) for one in sent
    }
    assert told["compacted_to_ms"] == planning.closed_ms(cloud.now_ms)
    assert not [line for line in cloud.lines if line.get("unexpected")]
