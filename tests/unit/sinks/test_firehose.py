"""The sink's laws over a stream that fails as it likes."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.reasons import Reason
from openbunker.core.records import MAX_RECORD_BYTES, Record
from openbunker.core.verdict import Fate
from openbunker.sinks.firehose import LASTING, MAX_ATTEMPTS, FirehoseSink
from openbunker.sinks.sink import StreamError

Answer = Mapping[str, Any]
THROTTLED = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}


class Clock:
    """A clock that moves when somebody sleeps or a call takes its time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class ScriptedStream:
    """A StreamClient that follows a script of one step per call, then takes everything.

    A step is a StreamError, or a list of flags saying which records are taken (repeated).
    """

    def __init__(
        self, script: Sequence[StreamError | Sequence[bool]], clock: Clock, cost: float = 0.0
    ) -> None:
        self._script = list(script)
        self._clock = clock
        self._cost = cost
        self.calls: list[list[bytes]] = []
        self.stored: list[bytes] = []
        self.sent_after_taken: list[bytes] = []

    def put_record_batch(
        self, records: Sequence[bytes], seconds: float | None = None
    ) -> Sequence[Answer]:
        self.calls.append(list(records))
        self.sent_after_taken += [data for data in records if data in self.stored]
        self._clock.now += self._cost
        step = self._script.pop(0) if self._script else [True]
        if isinstance(step, StreamError):
            raise step
        return [self._one(data, step[i % len(step)]) for i, data in enumerate(records)]

    def _one(self, data: bytes, taken: bool) -> Answer:
        if taken:
            self.stored.append(data)
        return {"RecordId": "1"} if taken else THROTTLED


def sink_over(stream: Any, clock: Clock, random: float = 0.5) -> FirehoseSink:
    return FirehoseSink(stream, clock.monotonic, clock.sleep, lambda: random)


def full(index: int) -> Record:
    """Return a record that fills a stream record alone and is told by its first bytes."""
    return Record(b"%04d" % index + bytes(MAX_RECORD_BYTES - 5) + b"\n")


ERRORS = st.sampled_from(["ServiceUnavailableException", "ConnectionFailed", *sorted(LASTING)])
STEPS = st.lists(st.booleans(), min_size=1, max_size=4) | ERRORS.map(lambda c: StreamError(c, ""))


@given(st.integers(0, 8), st.lists(STEPS, max_size=12))
def test_deliveries_tell_the_truth(count: int, script: list[StreamError | list[bool]]) -> None:
    """One delivery per record, in order; `stored` exactly for what lies in the stream, once."""
    clock = Clock()
    stream = ScriptedStream(script, clock)
    records = [full(index) for index in range(count)]
    deliveries = sink_over(stream, clock).publish(records)
    assert len(deliveries) == count
    told = [r.data for r, d in zip(records, deliveries, strict=True) if d.fate is Fate.STORED]
    assert sorted(told) == sorted(stream.stored)
    for delivery in deliveries:
        assert (delivery.reason is Reason.STREAM_UNAVAILABLE) == (delivery.fate is Fate.RETRY)
        assert delivery.fate in (Fate.STORED, Fate.RETRY)


@given(st.integers(1, 8), st.lists(STEPS, max_size=12))
def test_what_was_taken_is_not_sent_again(
    count: int, script: list[StreamError | list[bool]]
) -> None:
    """No record is sent after it was taken, and none more often than the attempts allow."""
    clock = Clock()
    stream = ScriptedStream(script, clock)
    sink_over(stream, clock).publish([full(index) for index in range(count)])
    sent = [data for call in stream.calls for data in call]
    assert all(sent.count(data) <= MAX_ATTEMPTS for data in set(sent))
    assert stream.sent_after_taken == []


def test_partial_refusal_resends_only_the_failed() -> None:
    """Of three, the second fails: the next call carries the second alone."""
    clock = Clock()
    stream = ScriptedStream([[True, False, True]], clock)
    deliveries = sink_over(stream, clock).publish([full(index) for index in range(3)])
    assert [len(call) for call in stream.calls] == [3, 1]
    assert stream.calls[1][0].startswith(b"0001")
    assert [delivery.fate for delivery in deliveries] == [Fate.STORED] * 3


def test_many_small_records_are_one_stream_record() -> None:
    """500 events of a request are billed as one record, and share its fate."""
    clock = Clock()
    stream = ScriptedStream([], clock)
    lines = [Record(b'{"n":%d}\n' % n) for n in range(500)]
    assert len(sink_over(stream, clock).publish(lines)) == 500
    assert stream.stored == [b"".join(line.data for line in lines)]


@given(st.floats(0, 1, exclude_max=True))
def test_pauses_are_jittered_within_their_bounds(random: float) -> None:
    """Full jitter: from nothing up to 100 ms, then up to 200 ms, two pauses for three attempts."""
    clock = Clock()
    stream = ScriptedStream([[False]] * 9, clock)
    sink_over(stream, clock, random).publish([Record(b"x\n")])
    assert clock.pauses == pytest.approx([random * 0.1, random * 0.2])
    assert len(stream.calls) == MAX_ATTEMPTS


def test_the_budget_ends_the_attempts() -> None:
    """A stream that takes a second to fail gets two calls, not three."""
    clock = Clock()
    stream = ScriptedStream([[False]] * 9, clock, cost=1.0)
    delivery = sink_over(stream, clock).publish([Record(b"x\n")])[0]
    assert len(stream.calls) == 2
    assert (delivery.fate, delivery.detail) == (Fate.RETRY, "ServiceUnavailableException")


def test_the_budget_ends_a_round_between_two_calls() -> None:
    """Four full records are two calls; when the first eats the budget, the second is not begun."""
    clock = Clock()
    stream = ScriptedStream([[True]], clock, cost=2.0)
    deliveries = sink_over(stream, clock).publish([full(index) for index in range(4)])
    assert [d.fate for d in deliveries] == [Fate.STORED] * 3 + [Fate.RETRY]
    assert deliveries[3].detail == "OutOfTime"


@pytest.mark.parametrize("code", sorted(LASTING))
def test_an_error_that_lasts_is_not_tried_again(code: str) -> None:
    """Asking again with a missing stream or a bad signature only spends the caller's time."""
    clock = Clock()
    stream = ScriptedStream([StreamError(code, "")] * 3, clock)
    assert sink_over(stream, clock).publish([Record(b"x\n")])[0].detail == code
    assert len(stream.calls) == 1


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [{"RecordId": "1"}, {"RecordId": "2"}],
        [{}],
        [{"ErrorMessage": "what"}],
        [{"RecordId": "1", "ErrorCode": "InternalFailure"}],
        [{"RecordId": ""}],
    ],
)
def test_an_answer_that_does_not_say_stored_is_not_stored(answers: list[Answer]) -> None:
    """Too few, too many, empty or contradictory answers: there is no default of ok."""

    class Odd:
        def put_record_batch(
            self, records: Sequence[bytes], seconds: float | None = None
        ) -> Sequence[Answer]:
            return answers

    clock = Clock()
    assert sink_over(Odd(), clock).publish([Record(b"x\n")])[0].fate is Fate.RETRY


def test_nothing_to_publish_makes_no_call() -> None:
    """The service refuses an empty call."""
    clock = Clock()
    stream = ScriptedStream([], clock)
    assert sink_over(stream, clock).publish([]) == []
    assert stream.calls == []


def test_calls_grow_no_larger_than_allowed() -> None:
    """Ten full records go in calls of at most three, in order."""
    clock = Clock()
    stream = ScriptedStream([], clock)
    sink_over(stream, clock).publish([full(index) for index in range(10)])
    assert [len(call) for call in stream.calls] == [3, 3, 3, 1]
    assert all(a < b for a, b in pairwise(stream.stored))
