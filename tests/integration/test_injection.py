"""A table's faults over a real embedded stream: what was answered is there, the rest is told."""

from pathlib import Path
from typing import Any

import pytest

from bench.chaos.faults.injection import Injection
from bench.chaos.faults.table import parse
from openbunker.sinks.sink import StreamClient, StreamError
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.embedded import NEVER, Clock, lines

RECORDS = [b"0\n", b"1\n", b"2\n"]
ALL, NONE = [b"0", b"1", b"2"], list[bytes]()


class Rig:
    """A stream behind one fault that strikes its first call, and the waits that it made."""

    def __init__(self, data: Path, fault: dict[str, Any]) -> None:
        self.data = data
        self.waits: list[float] = []
        first = {"name": "f", "times": 1, "every": 1}
        self.injection = Injection(parse({"seed": 1, "fault": [first | fault]}), self.waits.append)
        self.clock = Clock()
        self.stream = EmbeddedStream(
            data,
            disk=self.injection.disk(),
            now_ms=self.injection.clock(self.clock.now_ms),
            deliver_after_seconds=NEVER,
        )
        self.client: StreamClient = self.injection.stream(self.stream)

    def put(self) -> list[bool]:
        return ["RecordId" in answer for answer in self.client.put_record_batch(RECORDS)]

    def stored(self) -> list[bytes]:
        self.stream.close()
        return lines(self.data)


@pytest.mark.parametrize(
    ("fault", "taken"),
    [
        ({"kind": "throttle"}, []),
        ({"kind": "partial", "indexes": [1]}, [0, 2]),
        ({"kind": "partial", "rate": 1.0}, []),
        ({"kind": "slow", "seconds": 0.5}, [0, 1, 2]),
        ({"kind": "disk_full"}, []),
        ({"kind": "disk_full", "operation": "create"}, []),
        ({"kind": "read_only"}, []),
        ({"kind": "torn_write"}, []),
        ({"kind": "sync_error"}, []),
    ],
    ids=str,
)
def test_what_is_answered_is_stored_and_nothing_else(
    tmp_path: Path, fault: dict[str, Any], taken: list[int]
) -> None:
    """And after its one time the fault is over."""
    rig = Rig(tmp_path, fault)
    assert rig.put() == [index in taken for index in range(3)]
    assert rig.put() == [True] * 3
    assert rig.injection.struck() == {"f": 1}
    assert sorted(rig.stored()) == sorted([ALL[index] for index in taken] + ALL)
    assert rig.waits == ([0.5] if fault["kind"] == "slow" else [])


@pytest.mark.parametrize(
    ("kind", "stored"), [("timeout_before_commit", NONE), ("timeout_after_commit", ALL)]
)
def test_a_timeout_says_nothing_of_what_is_stored(
    tmp_path: Path, kind: str, stored: list[bytes]
) -> None:
    """The caller sees the same error either way."""
    rig = Rig(tmp_path, {"kind": kind, "seconds": 2.0})
    with pytest.raises(StreamError, match="ConnectionFailed"):
        rig.put()
    assert rig.waits == [2.0]
    assert rig.stored() == stored


def test_an_object_that_cannot_be_published_waits_in_the_journal(tmp_path: Path) -> None:
    rig = Rig(tmp_path, {"kind": "read_only", "operation": "publish"})
    assert rig.put() == [True] * 3
    with pytest.raises(OSError, match="Read-only"):
        rig.stream.flush()
    assert rig.stored() == ALL


def test_a_jump_of_the_clock_moves_the_minute_of_arrival_and_loses_nothing(tmp_path: Path) -> None:
    """Forward for its readings, then back: two segments, two minutes."""
    rig = Rig(tmp_path, {"kind": "clock", "offset_seconds": 120.0})
    for _ in range(2):
        assert rig.put() == [True] * 3
    assert sorted(rig.stored()) == sorted(ALL * 2)
    assert {path.parent.name for path in tmp_path.rglob("*.json.gz")} == {"hm=0304", "hm=0306"}


def test_without_such_faults_the_real_parts_are_used(tmp_path: Path) -> None:
    """A table about the clock leaves the stream alone, and the other way round."""
    rig = Rig(tmp_path, {"kind": "clock", "offset_seconds": 1.0})
    assert rig.client is rig.stream
    other = Injection(parse({"seed": 1, "fault": [
        {"name": "f", "kind": "throttle", "every": 1, "times": 1}
    ]}), rig.waits.append)  # fmt: skip
    assert other.clock(rig.clock.now_ms) == rig.clock.now_ms
    rig.stream.close()
