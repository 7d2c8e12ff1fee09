"""What Lambda does to a process: it ends its time, freezes it after the answer, copies it.

Nothing may live in memory alone once a request is answered, and no copy may repeat another's ids.
"""

import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids, records
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.ingest.visit import ANSWER_SECONDS
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks import spill_message
from openbunker.sinks.failover import FailoverSink
from openbunker.sinks.firehose import BUDGET_SECONDS, FirehoseSink
from openbunker.sinks.sink import StreamError
from openbunker.sinks.spill import QueueSpill
from openbunker.wiring import system

KEY = Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="p")
Script = Sequence[Sequence[bool]]


class World:
    """A stream and a queue that fail by script, and a clock that their calls move."""

    def __init__(self, stream: Script = (), queue: Script = (), *, hangs: bool = False) -> None:
        self.scripts = {"stream": list(stream), "queue": list(queue)}
        self.hangs = hangs
        self.now = 0.0
        self.stored: list[bytes] = []
        self.spilled: list[bytes] = []

    def put_record_batch(
        self, records: Sequence[bytes], seconds: float | None = None
    ) -> list[dict[str, str]]:
        if self.hangs:
            self.now += seconds or 60.0
            raise StreamError("ConnectionFailed", "timed out")
        return [self._put(data, takes) for data, takes in self._each("stream", records)]

    def send(self, messages: Sequence[str], seconds: float | None = None) -> list[str]:
        return [self._sent(text, takes) for text, takes in self._each("queue", messages)]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def names(self) -> list[str]:
        """Return what lies in the stream or in the queue."""
        lines = b"".join(self.stored + self.spilled).splitlines()
        return [records.decode(line).event_name for line in lines]

    def stream(self, random: Callable[[], float]) -> FirehoseSink:
        return FirehoseSink(self, lambda: self.now, self.sleep, random)

    def serve(self, names: Sequence[str], context: object = None) -> dict[str, Any]:
        """Answer a batch with services that are gone once it is answered."""
        stream = self.stream(lambda: 0.5)
        spill = QueueSpill(
            self,
            lambda: pytest.fail("nothing is too large here"),
            new_id=lambda: ids.new_id(0),
            monotonic=lambda: self.now,
            sleep=self.sleep,
            random=lambda: 0.5,
        )
        services = Services(
            keys=MemoryKeyStore({hash_of("key"): KEY}),
            sink=FailoverSink(stream, spill, lambda: self.now),
            now_ms=lambda: 1_790_000_000_000,
            new_ids=ids.new_ids,
            log=lambda line: None,
        )
        return serve(request(names), context, services)

    def _each(self, what: str, items: Sequence[Any]) -> list[tuple[Any, bool]]:
        flags = self.scripts[what].pop(0) if self.scripts[what] else [True]
        return [(item, flags[i % len(flags)]) for i, item in enumerate(items)]

    def _put(self, data: bytes, takes: bool) -> dict[str, str]:
        self.stored += [data] if takes else []
        return {"RecordId": "1"} if takes else {"ErrorCode": "ServiceUnavailableException"}

    def _sent(self, text: str, takes: bool) -> str:
        found = spill_message.records(spill_message.content(text)) if takes else ()
        self.spilled += [record.data for record in found]
        return "" if takes else "InternalError"


def request(names: Sequence[str]) -> dict[str, Any]:
    items = [{"type": "custom", "name": name} for name in names]
    return {
        "version": "2.0",
        "rawPath": "/batch",
        "rawQueryString": "client_id=key",
        "headers": {},
        "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.7"}},
        "body": json.dumps(items),
    }


class Context:
    """Lambda's context, of a function with that much time left."""

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


SCRIPT = st.lists(st.lists(st.booleans(), min_size=1, max_size=3), max_size=5)


@given(st.integers(1, 6), SCRIPT, SCRIPT)
def test_what_is_accepted_is_durable_when_the_answer_is_there(
    count: int, stream: Script, queue: Script
) -> None:
    """Every success of the answer lies in the stream or in the queue; no thread is left over."""
    world = World(stream, queue)
    names = [f"n{number}" for number in range(count)]
    before = threading.active_count()
    answer = world.serve(names)
    assert threading.active_count() == before
    if answer["statusCode"] == 200:
        results = json.loads(answer["body"])["results"]
        told = [
            name for name, one in zip(names, results, strict=True) if one["status"] == "success"
        ]
        assert set(told) <= set(world.names())
    else:
        assert answer["statusCode"] == 503
        assert answer["headers"]["retry-after"]


@pytest.mark.parametrize(("left_ms", "stream_takes"), [(10_000, 1.5), (2_500, 1.0), (700, 0.1)])
def test_the_time_of_the_function_bounds_a_stream_that_hangs(
    left_ms: int, stream_takes: float
) -> None:
    """Half of what is left without the answer's part, never more than the stream's budget."""
    world = World(hangs=True)
    assert world.serve(["a"], Context(left_ms))["statusCode"] == 200
    assert world.names() == ["a"]
    assert world.now == pytest.approx(stream_takes)
    assert world.now <= min(BUDGET_SECONDS, (left_ms / 1000 - ANSWER_SECONDS) / 2) + 1e-9


def test_without_a_context_the_streams_own_budget_holds() -> None:
    """On one machine."""
    world = World(hangs=True)
    assert world.serve(["a"])["statusCode"] == 200
    assert world.now == pytest.approx(BUDGET_SECONDS)


def test_copies_of_a_process_never_give_the_same_id() -> None:
    """Two children of one initialised process, as two restores of one snapshot, in one instant."""
    ids.new_id(0), system.fraction()  # whatever there is to initialise
    copies = [_ids_of_a_copy() for _ in range(2)]
    assert [len(copy) for copy in copies] == [2000, 2000]
    assert not set(copies[0]) & set(copies[1])


def _ids_of_a_copy() -> list[str]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  # ends at once: no test may run twice
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(" ".join(ids.new_id(1_790_000_000_000) for _ in range(2000)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        found = pipe.read().split()
    os.waitpid(child, 0)
    return found


def test_environments_do_not_come_back_in_step() -> None:
    """5,000 that failed in the same moment spread over the whole pause: no tenth stands out."""
    tenths: Counter[int] = Counter()
    for _ in range(5_000):
        world = World([[False]])
        world.stream(system.fraction).publish([records.Record(b"x\n")])
        tenths[int(world.now / 0.1 * 10)] += 1
    assert sorted(tenths) == list(range(10))
    assert all(350 < count < 650 for count in tenths.values())
