"""The laws of the failover: nothing accepted is lost, whatever stream and spill do."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.sinks.failover import FailoverSink, LazySink
from openbunker.sinks.firehose import FirehoseSink
from openbunker.sinks.memory import MemorySink
from openbunker.sinks.sink import StreamError

RETRY = Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, "down")
LINES = [Record(b'{"n":%d}\n' % number) for number in range(12)]


class Picky:
    """A sink that keeps what its flags say, and answers for every record, or for too few."""

    def __init__(self, fate: Fate, takes: Sequence[bool], forgets: int = 0) -> None:
        self.fate = fate
        self.takes = takes
        self.forgets = forgets
        self.kept: list[Record] = []
        self.seconds: list[float | None] = []

    def publish(self, records: Sequence[Record], seconds: float | None = None) -> list[Delivery]:
        self.seconds.append(seconds)
        told = [self._one(record, self.takes[i % len(self.takes)])
                for i, record in enumerate(records)]  # fmt: skip
        return told[self.forgets :]

    def _one(self, record: Record, takes: bool) -> Delivery:
        if takes:
            self.kept.append(record)
        return Delivery(self.fate) if takes else RETRY


def failover(first: Picky, spill: Picky) -> FailoverSink:
    return FailoverSink(first, spill, lambda: 0.0)


FLAGS = st.lists(st.booleans(), min_size=1, max_size=12)


@given(st.integers(0, 12), FLAGS, FLAGS, st.integers(0, 1), st.integers(0, 1))
def test_what_is_accepted_lies_in_the_stream_or_in_the_spill(
    count: int, first: list[bool], second: list[bool], forgets: int, spill_forgets: int
) -> None:
    """One delivery per record in order; accepted is a subset of what lies somewhere."""
    stream = Picky(Fate.STORED, first, forgets)
    spill = Picky(Fate.SPILLED, second, spill_forgets)
    deliveries = failover(stream, spill).publish(LINES[:count])
    assert len(deliveries) == count
    for record, delivery in zip(LINES, deliveries, strict=False):
        assert delivery.fate is not Fate.STORED or record in stream.kept
        assert delivery.fate is not Fate.SPILLED or record in spill.kept
        assert (delivery.reason is None) == delivery.fate.accepted


@given(st.integers(1, 12), FLAGS)
def test_only_what_the_stream_did_not_take_is_spilled(count: int, takes: list[bool]) -> None:
    """Nothing lies in both when both tell the truth."""
    stream, spill = Picky(Fate.STORED, takes), Picky(Fate.SPILLED, [True])
    deliveries = failover(stream, spill).publish(LINES[:count])
    assert all(delivery.fate.accepted for delivery in deliveries)
    assert [r for r in LINES[:count] if r not in stream.kept] == spill.kept


def test_a_stream_that_takes_all_never_meets_the_spill() -> None:
    """The spill is not even made."""
    sink = FailoverSink(MemorySink(), LazySink(lambda: pytest.fail("made")), lambda: 0.0)
    assert sink.publish(LINES) == [Delivery(Fate.STORED)] * len(LINES)


def test_when_neither_takes_it_both_are_named() -> None:
    """Retry, with the stream's reason: the request may be sent again."""
    sink = failover(Picky(Fate.STORED, [False]), Picky(Fate.SPILLED, [False]))
    assert sink.publish(LINES[:1]) == [
        Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, "down, down"),
    ]


def test_a_lazy_sink_is_made_once() -> None:
    """At its first use."""
    made: list[MemorySink] = []

    def make() -> MemorySink:
        made.append(MemorySink())
        return made[-1]

    sink = LazySink(make)
    sink.publish(LINES[:1])
    sink.publish(LINES[1:2])
    assert [one.records for one in made] == [LINES[:2]]


class Hanging:
    """A stream client that never answers: each call takes all the time that it is given."""

    def __init__(self) -> None:
        self.now = 100.0

    def put_record_batch(
        self, records: Sequence[bytes], seconds: float | None = None
    ) -> list[dict[str, str]]:
        assert seconds is not None
        self.now += seconds
        raise StreamError("ConnectionFailed", "timed out")

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("given_seconds", "stream_takes"), [(None, 1.5), (9.5, 1.5), (2.0, 1.0), (0.04, 0.0), (-1, 0.0)]
)
def test_a_hanging_stream_adds_at_most_its_budget(
    given_seconds: float | None, stream_takes: float
) -> None:
    """1.5 s, or half of what is left when that is less; the spill gets the rest."""
    client, spill = Hanging(), Picky(Fate.SPILLED, [True])
    stream = FirehoseSink(client, lambda: client.now, client.sleep, lambda: 0.5)
    sink = FailoverSink(stream, spill, lambda: client.now)
    fates = [one.fate for one in sink.publish(LINES[:3], given_seconds)]
    assert fates == [Fate.SPILLED] * 3
    assert client.now - 100.0 == pytest.approx(stream_takes)
    left = None if given_seconds is None else pytest.approx(given_seconds - stream_takes)
    assert spill.seconds == [left]
