"""Compaction and erasing at once, in any order of their calls, with deaths at any of them."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.compaction import planning, rewriting, upkeep
from openbunker.core.event import Event
from openbunker.core.times import MINUTE_MS
from tests.support.laws import drawn
from tests.support.query.lake import NOW_MS, event
from tests.unit.compaction.side_by_side import Sides
from tests.unit.compaction.test_erasing import erasure

NAMES = ("Ada", "Bob", None)
BATCH = planning.MAX_GONE


@dataclass(frozen=True)
class Delivery:
    """An event of somebody, received some minutes ago; late: in an object of that minute."""

    name: int
    age_minutes: int
    late: bool
    again: bool


@dataclass(frozen=True)
class Request:
    """An erasure of one of the first two."""

    name: int


@dataclass(frozen=True)
class Going:
    """A function goes on by some of its calls, and may die then."""

    function: str
    steps: int
    dies: bool


@dataclass(frozen=True)
class Waiting:
    """Minutes that pass. Those of a run that is under way end with it."""

    minutes: int


@dataclass(frozen=True)
class Together:
    """Both go on in turn, by so many calls each, until both runs are over."""

    compact: int
    erase: int


# What every history begins with: the first of three waits to be erased. Their rows are cold, or
# about to become so by a plan that knows nothing of her; or she is being taken out.
SENT = (*(Delivery(name, 0, late=False, again=False) for name in range(3)), Waiting(16))
COMPACTED = Going("compact", 400, dies=False)
BEGINNING = (*SENT, COMPACTED, Request(0), Waiting(16))
BEGINNINGS = st.one_of(
    st.just(BEGINNING),
    st.builds(
        lambda steps: (*SENT, Going("compact", steps, dies=False), Request(0)), st.integers(10, 40)
    ),
    st.builds(
        lambda steps: (*BEGINNING, COMPACTED, Going("erase", steps, dies=False)),
        st.integers(10, 200),
    ),
)
FUNCTIONS = st.sampled_from(["compact", "erase"])
FEW = st.integers(1, 9)
STEPS = st.one_of(
    st.builds(
        Delivery,
        name=st.integers(0, 2),
        age_minutes=st.sampled_from([0, 5, 40]),
        late=st.booleans(),
        again=st.booleans(),
    ),
    st.builds(Request, name=st.integers(0, 1)),
    st.builds(
        Going,
        function=FUNCTIONS,
        steps=st.integers(1, 30),
        dies=st.sampled_from([False, False, True]),
    ),
    st.builds(Going, function=FUNCTIONS, steps=st.just(400), dies=st.just(False)),
    st.builds(Together, compact=FEW, erase=FEW),
    st.builds(Waiting, minutes=st.sampled_from([1, 16, 61])),
)


class History:
    """A cloud, and what was sent to it."""

    def __init__(self) -> None:
        self.cloud = Sides()
        self.sent: list[Event] = []

    def do(self, step: object) -> None:
        cloud = self.cloud
        match step:
            case Delivery():
                self._deliver(step)
            case Request(name):
                number = len(cloud.erasures.every()) + 1
                cloud.erasures.add(
                    erasure(number, customer_identifier=NAMES[name], requested_ms=cloud.now_ms)
                )
                cloud.now_ms += 1
            case Going(function, steps, dies):
                cloud.go(function, steps)
                if dies:
                    cloud.die(function)
            case Together(compact, erase):
                for _ in range(400):
                    cloud.go("compact", compact)
                    cloud.go("erase", erase)
                    if not cloud.under_way:
                        break
            case Waiting(minutes):
                cloud.wait(minutes)

    def _deliver(self, one: Delivery) -> None:
        cloud = self.cloud
        received_ms = cloud.now_ms - one.age_minutes * MINUTE_MS
        made = event(
            len(self.sent) + 1,
            dedupe_key=f"{len(self.sent) + 1:032x}",
            received_ms=received_ms,
            timestamp_ms=received_ms,
            customer_identifier=NAMES[one.name],
        )
        if one.again and self.sent:
            made = self.sent[-1]
        self.sent.append(made)
        before = set(cloud.hot_keys())
        cloud.deliver([made], arrived_ms=made.received_ms if one.late else cloud.now_ms)
        cloud.delivered_ms |= dict.fromkeys(set(cloud.hot_keys()) - before, cloud.now_ms)

    def settle(self) -> None:
        """Let both go on, one after the other, until nobody waits."""
        for minutes in (16, 16, 61, 61, 16):
            self.cloud.wait(minutes)
            for function in ("compact", "erase"):
                self.cloud.go(function, 3_000)

    def hold(self) -> None:
        """Every event of nobody who is erased is cold, once; of the others none is."""
        cloud = self.cloud
        assert not cloud.erasures.to_erase()
        asked = cloud.erasures.every()
        kept = {
            one.event_id
            for one in self.sent
            if not any(
                e.covers(one.project_id, one.customer_identifier, one.received_ms) for e in asked
            )
        }
        assert Counter(row["event_id"] for row in cloud.athena.cold()) == dict.fromkeys(kept, 1)
        assert not [line for line in cloud.lines if line.get("unexpected")]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and batches so small that a history has several; one thread, so that it can be told."""
    monkeypatch.setattr(rewriting, "THREADS", 1)
    monkeypatch.setattr(rewriting, "PAGE", 2)
    monkeypatch.setattr(planning, "MAX_GONE", 1)
    monkeypatch.setattr(upkeep, "SPAN_DAYS", 100)
    monkeypatch.setattr(upkeep, "OPTIMIZE_MS", MINUTE_MS)


@drawn(8, of=150)
@given(BEGINNINGS, st.lists(STEPS, max_size=25))
def test_every_event_is_cold_once_and_of_the_erased_none(
    beginning: tuple[object, ...], steps: list[object]
) -> None:
    history = History()
    for step in (*beginning, *steps):
        history.do(step)
    history.settle()
    history.hold()


def test_a_commit_that_crosses_another_one_is_made_again() -> None:
    """Compaction joins the files of a day while erasing takes rows out: the later one fails."""
    history = History()
    for step in (*BEGINNING, Together(1, 3)):
        history.do(step)
    assert history.cloud.athena.conflicts
    history.settle()
    history.hold()


def test_a_batch_is_always_among_those_whose_rows_are_left_out() -> None:
    """However many wait, and whoever was taken out before: both take the oldest first."""
    waiting = [erasure(n, requested_ms=NOW_MS - n % 700 * MINUTE_MS) for n in range(4_000)]
    done = [erasure(9_000 + n, erased_ms=NOW_MS, requested_ms=NOW_MS) for n in range(10)]
    order = planning.oldest_first(waiting)
    under_way = order[: planning.MAX_TAKEN_OUT + BATCH]

    found, without_room = planning.left_out([*done, *waiting[::-1]], NOW_MS)

    assert found[: len(under_way)] == under_way
    assert len(found) == planning.MAX_LATE
    assert without_room == len(waiting) + len(done) - planning.MAX_LATE
    few, _ = planning.left_out([*done, *waiting[:5]], NOW_MS)
    assert {one.erasure_id for one in done} < {one.erasure_id for one in few}
