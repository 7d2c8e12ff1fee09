"""One body of tests for every sink: the fake, the embedded stream, the signed HTTP client."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from openbunker.aws.client import FIREHOSE, AwsJsonClient
from openbunker.aws.sigv4 import Credentials
from openbunker.core.reasons import Reason
from openbunker.core.records import MAX_RECORD_BYTES, Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.sinks.firehose import FirehoseSink
from openbunker.sinks.firehose_client import FirehoseClient
from openbunker.sinks.memory import MemorySink
from openbunker.sinks.sink import Sink, StreamClient
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.firehose_http import firehose_front

NEVER = 3600.0


@dataclass
class Rig:
    """A sink, a way to make it fail, and what became durable."""

    sink: Sink
    stored: Callable[[], list[bytes]]
    refuse: set[int] = field(default_factory=set)


def memory(_stack: ExitStack, _data: Path) -> Rig:
    sink = MemorySink()
    rig = Rig(sink, lambda: [record.data for record in sink.records])
    rig.refuse = sink.refusing = set()  # type: ignore[assignment]
    return rig


def embedded(stack: ExitStack, data: Path) -> Rig:
    return _over(stack, data, lambda stream: stream)


def signed(stack: ExitStack, data: Path) -> Rig:
    def front(stream: StreamClient) -> StreamClient:
        url = stack.enter_context(firehose_front(stream)).url
        who = Credentials("id", "secret", "token")
        client = AwsJsonClient(
            FIREHOSE, region="eu-west-1", credentials=who, now_ms=lambda: 0, endpoint=url
        )
        return FirehoseClient(client, "events")

    return _over(stack, data, front)


def _over(stack: ExitStack, data: Path, client_of: Callable[[StreamClient], StreamClient]) -> Rig:
    refuse: set[int] = set()
    stream = EmbeddedStream(data, faults=lambda _: refuse, deliver_after_seconds=NEVER)
    stack.callback(stream.close)

    def stored() -> list[bytes]:
        stream.flush()
        objects = sorted((data / "hot").rglob("*.json.gz"))
        return [
            line
            for path in objects
            for line in gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        ]

    sink = FirehoseSink(client_of(stream), lambda: 0.0, lambda _: None, lambda: 0.0)
    return Rig(sink, stored, refuse)


@pytest.fixture(params=[memory, embedded, signed], ids=lambda make: make.__name__)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield request.param(stack, tmp_path)


def line(number: int, size: int = 0) -> Record:
    return Record(b'{"n":%d,"x":"%s"}\n' % (number, b"x" * size))


FULL = MAX_RECORD_BYTES - 20


def test_what_is_stored_is_there(rig: Rig) -> None:
    """One delivery per record, and each line lies in the store once, in order."""
    records = [line(number) for number in range(700)]
    assert rig.sink.publish(records) == [Delivery(Fate.STORED)] * 700
    assert rig.stored() == [record.data for record in records]


def test_large_records_take_several_calls(rig: Rig) -> None:
    """Seven that fill a stream record each do not fit into one call."""
    records = [line(number, FULL) for number in range(7)]
    assert rig.sink.publish(records) == [Delivery(Fate.STORED)] * 7
    assert sorted(rig.stored()) == sorted(record.data for record in records)


def test_refused_records_are_told_and_are_not_there(rig: Rig) -> None:
    """The first is refused at each attempt: its own delivery says so, the others are stored."""
    rig.refuse.add(0)
    records = [line(number, FULL) for number in range(3)]
    first, *others = rig.sink.publish(records)
    assert (first.fate, first.reason) == (Fate.RETRY, Reason.STREAM_UNAVAILABLE)
    assert others == [Delivery(Fate.STORED)] * 2
    assert sorted(rig.stored()) == sorted(record.data for record in records[1:])


def test_nothing_is_published_of_nothing(rig: Rig) -> None:
    """No record, no delivery."""
    assert rig.sink.publish([]) == []
    assert rig.stored() == []


def test_bytes_arrive_as_they_were(rig: Rig) -> None:
    """Text of every plane, quotes and backslashes pass through base64 and gzip unharmed."""
    record = Record('{"t":"\\"\\\\ é 漢 😀 \\u0000"}\n'.encode())
    assert rig.sink.publish([record]) == [Delivery(Fate.STORED)]
    assert rig.stored() == [record.data]
