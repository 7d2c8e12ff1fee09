"""The queue's spill over a queue that fails as it likes, and the text of its messages."""

import re
from collections.abc import Sequence
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.aws.errors import AwsError
from openbunker.core.records import MAX_RECORD_BYTES, Record
from openbunker.core.verdict import Fate
from openbunker.sinks import spill_message
from openbunker.sinks.spill import MAX_ATTEMPTS, PAUSE_SECONDS, REMOVE_SECONDS, QueueSpill
from openbunker.sinks.sqs_client import MAX_CALL_BYTES, MAX_ENTRIES
from tests.support.laws import drawn

# Source: SQS API reference, SendMessage: #x9 #xA #xD, #x20-#xD7FF, #xE000-#xFFFD, #x10000-.
REFUSED_BY_SQS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class World:
    """A queue that takes what its script says, objects, and a clock that calls move."""

    def __init__(self, script: Sequence[Sequence[bool]] = (), *, cost: float = 0.0) -> None:
        self.script = list(script)
        self.cost = cost
        self.now = 0.0
        self.calls: list[list[str]] = []
        self.taken: list[str] = []
        self.objects: dict[str, bytes] = {}
        self.full = False
        self.removals: list[float] = []
        self.pauses: list[float] = []

    def send(self, messages: Sequence[str], seconds: float | None = None) -> list[str]:
        self.calls.append(list(messages))
        self.now += self.cost
        flags = self.script.pop(0) if self.script else [True]
        return [self._one(text, flags[i % len(flags)]) for i, text in enumerate(messages)]

    def _one(self, text: str, takes: bool) -> str:
        self.taken += [text] if takes else []
        return "" if takes else "InternalError"

    def put(self, key: str, data: bytes, seconds: float | None = None) -> None:
        if self.full:
            raise AwsError("Http503", "Slow Down")
        self.objects[key] = data

    def get(self, key: str) -> bytes:
        return self.objects[key]

    def delete(self, key: str, seconds: float | None = None) -> None:
        assert seconds is not None
        if self.full:
            raise AwsError("Http503", "Slow Down")
        self.removals.append(seconds)
        self.objects.pop(key, None)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def spill(self, random: float = 0.5) -> QueueSpill:
        names = iter(f"{number:032x}" for number in range(1000))
        return QueueSpill(
            self,
            lambda: self,
            new_id=lambda: next(names),
            monotonic=lambda: self.now,
            sleep=self.sleep,
            random=lambda: random,
        )

    def lines(self) -> list[bytes]:
        bodies = [self._body(text) for text in self.taken]
        return [record.data for body in bodies for record in spill_message.records(body)]

    def _body(self, text: str) -> bytes:
        key = spill_message.object_key(text)
        return self.get(key) if key else spill_message.content(text)


@cache
def full(number: int) -> Record:
    return Record(b"%04d" % number + bytes(MAX_RECORD_BYTES - 5) + b"\n")


@drawn(25, of=100)
@given(st.integers(0, 25), st.lists(st.lists(st.booleans(), min_size=1), max_size=6))
def test_deliveries_tell_the_truth(count: int, script: list[list[bool]]) -> None:
    """One delivery per record, in order; `spilled` exactly for what the queue has, once."""
    world = World(script)
    records = [full(number) for number in range(count)]
    deliveries = world.spill().publish(records)
    assert len(deliveries) == count
    told = [r.data for r, d in zip(records, deliveries, strict=True) if d.fate is Fate.SPILLED]
    assert sorted(told) == sorted(world.lines())
    assert all(d.fate in (Fate.SPILLED, Fate.RETRY) for d in deliveries)
    for call in world.calls:
        assert len(call) <= MAX_ENTRIES
        assert sum(map(len, call)) <= MAX_CALL_BYTES


@given(st.binary(max_size=3000).map(lambda data: data + b"\n"))
def test_a_message_is_text_that_sqs_takes_and_holds_the_lines_exactly(data: bytes) -> None:
    """Whatever the lines are made of."""
    text = spill_message.message(spill_message.compressed(data))
    assert text is not None
    assert not REFUSED_BY_SQS.search(text)
    found = b"".join(r.data for r in spill_message.records(spill_message.content(text)))
    assert found == data
    assert spill_message.object_key(text) is None


@pytest.mark.parametrize("raw", ["\ufffe", "\uffff"])
def test_json_lines_hold_what_sqs_refuses(raw: str) -> None:
    """Why lines do not travel as they are."""
    assert REFUSED_BY_SQS.search(raw)


PACKED = spill_message.compressed
BOMB = PACKED(bytes(MAX_RECORD_BYTES) + b"a\n")


@pytest.mark.parametrize(
    "data", [b"", b"x", PACKED(b"a\n")[:-1], PACKED(b"a\n") + b"x", PACKED(b"a"), BOMB]
)
def test_a_message_that_is_not_ours_is_not_half_read(data: bytes) -> None:
    """Cut off, longer, or not a line: ValueError, so that it ends as a dead letter."""
    with pytest.raises(ValueError, match=r".+"):
        list(spill_message.records(data))


def test_an_object_that_cannot_be_put_is_its_records_retry_alone() -> None:
    """The others are spilled."""
    world = World()
    world.full = True
    noise = b"".join(b"%064x" % (pow(3, n, 2**256)) for n in range(15_999)) + b"\n"
    big = Record(bytes.fromhex(noise.decode().strip()).replace(b"\n", b" ") * 2 + b"\n")
    fates = [d.fate for d in world.spill().publish([full(1), big, full(2)])]
    assert fates[0] is fates[2] is Fate.SPILLED


@given(st.floats(0, 1, exclude_max=True))
def test_a_second_attempt_waits_with_full_jitter(random: float) -> None:
    """One pause, anywhere from nothing to its bound."""
    world = World([[False]] * 9)
    (delivery,) = world.spill(random).publish([full(1)])
    assert delivery.detail == "InternalError"
    assert world.pauses == pytest.approx([random * PAUSE_SECONDS])
    assert len(world.calls) == MAX_ATTEMPTS


def test_the_time_that_is_left_bounds_the_attempts() -> None:
    """With a second left and calls of a second there is one call."""
    world = World([[False]] * 9, cost=1.0)
    world.spill().publish([full(1)], 1.0)
    assert len(world.calls) == 1


# Compressed, it is larger than a message.
LARGE = Record(Random(1).randbytes(900_000).replace(b"\n", b" ") + b"\n")


@pytest.mark.parametrize("seconds", [None, 0.3, 0.0])
def test_an_object_whose_message_is_not_taken_is_removed(seconds: float | None) -> None:
    """Its sender is told to send again: nobody would ever replay it, or look for it."""
    world = World([[False]] * 9, cost=0.25)
    (delivery,) = world.spill().publish([LARGE], seconds)
    assert delivery.fate is Fate.RETRY
    assert world.objects == {}
    assert len(world.removals) == 1
    assert world.removals[0] >= REMOVE_SECONDS


def test_an_object_whose_message_is_taken_stays() -> None:
    world = World([[False, True], [True]])
    fates = [one.fate for one in world.spill().publish([LARGE, full(1)])]
    assert fates == [Fate.SPILLED] * 2
    assert len(world.objects) == 1
    assert world.removals == []


def test_an_object_that_may_have_been_put_is_removed_too() -> None:
    """No answer came: nobody knows whether it is there."""
    world = World()

    def put(key: str, data: bytes, seconds: float | None = None) -> None:
        world.objects[key] = data
        raise AwsError("ConnectionFailed", "timed out")

    world.put = put  # type: ignore[method-assign]
    (delivery,) = world.spill().publish([LARGE])
    assert (delivery.detail, world.objects) == ("ConnectionFailed", {})


def test_a_removal_that_fails_changes_no_answer() -> None:
    world = World([[False]] * 9)
    world.delete = lambda key, seconds=None: world.put(key, b"")  # type: ignore[method-assign]

    def send(messages: Sequence[str], seconds: float | None = None) -> list[str]:
        world.full = True
        return ["Down"] * len(messages)

    world.send = send  # type: ignore[method-assign]
    (delivery,) = world.spill().publish([LARGE])
    assert (delivery.fate, delivery.detail) == (Fate.RETRY, "Down")
