"""Replay: every message ends in the stream or stays in the queue; what was told stays true."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.aws.errors import AwsError
from openbunker.core.layout import spill_key
from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.replay import ReplayServices, serve_replay
from openbunker.sinks import spill_message

RETRY = Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, "Slow down.")


class Objects:
    """An object store in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.denied = False

    def put(self, key: str, data: bytes, seconds: float | None = None) -> None:
        self.kept[key] = data

    def get(self, key: str) -> bytes:
        if self.denied:
            raise AwsError("Http403", "AccessDenied")
        if key not in self.kept:
            raise AwsError("Http404", "NoSuchKey")
        return self.kept[key]

    def delete(self, key: str, seconds: float | None = None) -> None:
        self.kept.pop(key, None)


class Stream:
    """A sink that takes of each call what the next flags say."""

    def __init__(self, script: Sequence[Sequence[bool]] = ()) -> None:
        self.script = list(script)
        self.stored: list[bytes] = []

    def publish(self, records: Sequence[Record], seconds: float | None = None) -> list[Delivery]:
        flags = self.script.pop(0) if self.script else [True]
        return [self._one(record, flags[i % len(flags)]) for i, record in enumerate(records)]

    def _one(self, record: Record, takes: bool) -> Delivery:
        self.stored += [record.data] if takes else []
        return Delivery(Fate.STORED) if takes else RETRY


class World:
    """Messages that wait, and a replay function that is called until none does."""

    def __init__(self, script: Sequence[Sequence[bool]] = ()) -> None:
        self.stream = Stream(script)
        self.objects = Objects()
        self.waiting: dict[str, str] = {}
        self.logged: list[Any] = []

    def spill(self, name: str, lines: bytes, *, as_object: bool = False) -> None:
        packed = spill_message.compressed(lines)
        text = spill_message.message(packed)
        if as_object:
            self.objects.put(spill_key(name), packed)
            text = spill_message.pointer(spill_key(name))
        assert text is not None
        self.waiting[name] = text

    def receive(self) -> list[str]:
        """Give all that waits to the function; return the names of what stays."""
        services = ReplayServices(sink=self.stream, objects=self.objects, log=self.logged.append)
        sent = [message(name, body) for name, body in self.waiting.items()]
        answer = serve_replay({"Records": sent}, None, services)
        stays = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
        self.waiting = {name: self.waiting[name] for name in stays}
        return stays


def message(name: str, body: str) -> dict[str, Any]:
    """Return a message as Lambda hands it over."""
    return {
        "messageId": name,
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:spill",
        "awsRegion": "us-east-1",
    }


@given(
    st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=8),
    st.lists(st.lists(st.booleans(), min_size=1, max_size=5), max_size=12),
)
def test_in_the_end_every_line_is_stored_and_once_for_readers(
    messages: list[tuple[int, bool]], script: list[list[bool]]
) -> None:
    """Whatever the stream refuses on the way; unchanged, so that doubles are told by their ids."""
    world = World(script)
    sent: list[bytes] = []
    for number, (count, as_object) in enumerate(messages):
        lines = [b'{"event_id":"%d-%d"}\n' % (number, line) for line in range(count)]
        world.spill(f"{number:032x}", b"".join(lines), as_object=as_object)
        sent += lines
    for _ in range(len(script) + 1):
        if world.waiting:
            world.receive()
    assert world.waiting == {}
    assert set(world.stream.stored) == set(sent)
    assert world.objects.kept == {}


def test_only_the_messages_that_failed_stay() -> None:
    """The batch is not failed for one of it."""
    world = World([[True], [True, False], [True]])
    for name in "abc":
        world.spill(name, b"1\n2\n")
    assert world.receive() == ["b"]
    assert world.logged[-1] == {"replayed": 2, "replayed_before": 0, "kept": 1}
    assert world.receive() == []


def test_when_all_fail_all_stay_and_nothing_is_raised() -> None:
    """A stream that is down is the queue's alarm, not the function's."""
    world = World([[False]] * 2)
    world.spill("a", b"1\n")
    world.spill("b", b"2\n", as_object=True)
    assert world.receive() == ["a", "b"]
    assert list(world.objects.kept) == [spill_key("b")]


@pytest.mark.parametrize("body", ["", "not ours", "aGVsbG8="])
def test_a_message_that_cannot_be_read_stays_for_the_dead_letters(body: str) -> None:
    """It does not take the others with it."""
    world = World()
    world.spill("good", b"1\n")
    world.waiting["bad"] = body
    assert world.receive() == ["bad"]
    assert world.stream.stored == [b"1\n"]
    assert [line["message"] for line in world.logged if line.get("why")] == ["bad"]


def test_a_message_whose_object_was_replayed_before_is_done_and_counted() -> None:
    """Lambda may have died between removing the object and telling the queue."""
    world = World()
    world.spill("a", b"1\n", as_object=True)
    again = world.waiting["a"]
    assert world.receive() == []
    world.waiting["a"] = again
    assert world.receive() == []
    assert world.logged[-1] == {"replayed": 0, "replayed_before": 1, "kept": 0}
    assert world.stream.stored == [b"1\n"]


def test_an_object_that_cannot_be_read_now_keeps_its_message_and_says_why() -> None:
    world = World()
    world.spill("a", b"1\n", as_object=True)
    world.objects.denied = True
    assert world.receive() == ["a"]
    assert any("Http403" in line.get("why", "") for line in world.logged)
    world.objects.denied = False
    assert world.receive() == []


@pytest.mark.parametrize("fault", [KeyError("x"), AwsError("", ""), ValueError()])
def test_whatever_goes_wrong_the_message_stays_and_why_is_told(fault: Exception) -> None:
    """Also for a bug of ours, which the alarm hears of as well."""
    world = World()
    world.spill("bad", b"1\n", as_object=True)
    world.spill("good", b"2\n")

    def get(key: str) -> bytes:
        raise fault

    world.objects.get = get  # type: ignore[method-assign]
    assert world.receive() == ["bad"]
    (told,) = [line for line in world.logged if line.get("message") == "bad"]
    assert told["why"]
    assert len([line for line in world.logged if line.get("unexpected")]) == isinstance(
        fault, KeyError
    )
    assert world.stream.stored == [b"2\n"]
