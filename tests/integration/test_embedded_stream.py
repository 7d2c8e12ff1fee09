"""The embedded stream on a disk: what is answered is there, once, whatever the disk does."""

import asyncio
import threading
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.chaos.faults.disk import Problem
from bench.chaos.faults.table import Operation
from openbunker.core import layout
from openbunker.sinks.sink import StreamError
from openbunker_local.stream import frames
from openbunker_local.stream.disk import FolderInUse
from openbunker_local.stream.stream import EmbeddedStream
from openbunker_local.tasks import task
from tests.support.embedded import (
    BROKEN,
    FULL,
    NEVER,
    READ_ONLY,
    Clock,
    FailingDisk,
    journal_files,
    lines,
    numbers,
    objects,
)


class Rig:
    """A stream that delivers when asked, on a disk that fails when asked."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.disk = FailingDisk()
        self.clock = Clock()
        self.stream = self.opened()

    def opened(self) -> EmbeddedStream:
        return EmbeddedStream(
            self.data, now_ms=self.clock.now_ms, disk=self.disk, deliver_after_seconds=NEVER
        )

    def put(self, *records: bytes) -> list[dict[str, Any]]:
        return [dict(answer) for answer in self.stream.put_record_batch(records)]

    def restart(self) -> None:
        """Close without delivering, as a crash would leave it, and open again."""
        self.disk.failing["publish"] = FULL
        self.stream.close()
        self.disk.failing.clear()
        self.stream = self.opened()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.disk.failing.clear()
    rig.stream.close()


def test_an_answered_record_is_in_the_journal_and_then_in_one_object(rig: Rig) -> None:
    """Under the prefix of its arrival minute, in the stream's form of name; no leftovers."""
    rig.put(b'{"n":1}\n', b'{"n":2}\n')
    assert len(journal_files(rig.data)) == 1
    assert objects(rig.data) == []
    rig.stream.flush()
    assert lines(rig.data) == [b'{"n":1}', b'{"n":2}']
    key = objects(rig.data)[0].relative_to(rig.data).as_posix()
    found = layout.parse(key)
    assert found
    assert (found.day, found.minute) == ("2026-01-02", "0304")
    assert found.name.startswith("openbunker-events-1-2026-01-02-03-04-05-")
    assert journal_files(rig.data) == []
    assert [path for path in (rig.data / "hot").rglob("*") if path.name.startswith(".")] == []


def test_a_segment_holds_one_minute(rig: Rig) -> None:
    """Records on both sides of a full minute lie in two objects under two prefixes."""
    rig.put(b"1\n")
    rig.clock.now += 54_999
    rig.put(b"2\n")
    rig.clock.now += 1
    rig.put(b"3\n")
    rig.stream.flush()
    found = {path.parent.name: zlib.decompress(path.read_bytes(), 31) for path in objects(rig.data)}
    assert found == {"hm=0304": b"1\n2\n", "hm=0305": b"3\n"}


def test_fresh_to_is_the_arrival_of_the_oldest_that_waits(rig: Rig) -> None:
    """Now when nothing waits; a failing delivery holds it back."""
    start = rig.clock.now
    rig.put(b"1\n")
    rig.clock.now += 90_000
    rig.put(b"2\n")
    assert rig.stream.fresh_to_ms() == start
    rig.disk.failing["publish"] = FULL
    with pytest.raises(OSError, match="No space"):
        rig.stream.flush()
    assert rig.stream.fresh_to_ms() == start
    rig.disk.failing.clear()
    rig.stream.flush()
    assert rig.stream.fresh_to_ms() == rig.clock.now


@pytest.mark.parametrize("operation", ["create", "append", "sync"])
@pytest.mark.parametrize("problem", [FULL, READ_ONLY, BROKEN])
@pytest.mark.parametrize("also", ["", "cut"])
def test_a_failing_disk_is_told_and_gets_well(
    rig: Rig, operation: str, problem: int, also: str
) -> None:
    """Each record of the call fails, nothing of it is ever seen, the next call is stored."""
    if operation != "create":
        rig.put(b"before\n")
    rig.disk.failing = {operation: problem} | ({also: problem} if also else {})
    answers = rig.put(b"lost-1\n", b"lost-2\n")
    assert [answer["ErrorCode"] for answer in answers] == ["ServiceUnavailableException"] * 2
    rig.disk.failing.clear()
    assert "RecordId" in rig.put(b"after\n")[0]
    rig.stream.flush()
    before = [] if operation == "create" else [b"before"]
    assert sorted(lines(rig.data)) == sorted([*before, b"after"])


def test_many_failing_calls_leave_nothing_behind(rig: Rig) -> None:
    """A full disk for a while: no file is left for each failed call, and freshness is now."""
    rig.disk.failing = {"append": FULL}
    for _ in range(50):
        rig.put(b"lost\n")
    assert journal_files(rig.data) == []
    assert rig.stream.fresh_to_ms() == rig.clock.now
    rig.disk.failing.clear()
    rig.stream.flush()
    assert lines(rig.data) == []


@pytest.mark.parametrize("operation", ["publish", "make_folder"])
def test_a_failing_delivery_is_made_up_for(rig: Rig, operation: str) -> None:
    """The segments stay while objects cannot be written; then each becomes its object."""
    rig.put(b"1\n")
    rig.disk.failing[operation] = FULL
    with pytest.raises(OSError, match="No space"):
        rig.stream.flush()
    assert "RecordId" in rig.put(b"2\n")[0]
    assert len(journal_files(rig.data)) == 2
    assert list((rig.data / "hot").rglob("*.part")) == []
    rig.disk.failing.clear()
    rig.stream.flush()
    assert sorted(lines(rig.data)) == [b"1", b"2"]


def test_one_bad_segment_does_not_hold_the_others_up(rig: Rig) -> None:
    """Somebody took a segment's file away: the flush says so and delivers the rest."""
    rig.put(b"1\n")
    journal_files(rig.data)[0].unlink()
    rig.clock.now += 60_000
    rig.put(b"2\n")
    with pytest.raises(FileNotFoundError):
        rig.stream.flush()
    assert lines(rig.data) == [b"2"]


def test_a_crash_between_object_and_removal_makes_no_double(rig: Rig) -> None:
    """The object is there, the segment too: the next start writes the same object again."""
    rig.put(*numbers(3))
    rig.disk.failing["remove"] = BROKEN
    with pytest.raises(OSError, match="Input/output"):
        rig.stream.flush()
    before = [(path, path.read_bytes()) for path in objects(rig.data)]
    assert len(before) == len(journal_files(rig.data)) == 1
    rig.restart()
    rig.stream.flush()
    assert [(path, path.read_bytes()) for path in objects(rig.data)] == before
    assert journal_files(rig.data) == []


def test_what_was_left_over_is_delivered_under_its_own_minute(rig: Rig) -> None:
    """A start an hour later does not change when a record arrived."""
    rig.put(b"1\n")
    rig.clock.now += 3_600_000
    rig.restart()
    assert rig.stream.fresh_to_ms() == rig.clock.now - 3_600_000
    rig.stream.flush()
    assert [path.parent.name for path in objects(rig.data)] == ["hm=0304"]


TAILS = {
    "half a header": b"\0\0",
    "zeros of a crash": bytes(4096),
    "half a frame": frames.frames([b"lost\n"])[:-2],
    "a bad checksum": frames.frames([b"lost\n"])[:-2] + b"x\n",
    "nonsense": b"\xff" * 100,
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_a_torn_tail_is_dropped_and_kept_aside(rig: Rig, tail: bytes) -> None:
    """The whole frames before it are delivered; the file is kept for whoever wants to look."""
    rig.put(b"1\n", b"2\n")
    rig.disk.failing["publish"] = FULL
    rig.stream.close()
    with journal_files(rig.data)[0].open("ab") as file:
        file.write(tail)
    rig.disk.failing.clear()
    rig.stream = rig.opened()
    rig.stream.flush()
    assert lines(rig.data) == [b"1", b"2"]
    assert journal_files(rig.data) == []
    assert len(list((rig.data / "stream" / "damaged").iterdir())) == 1


def test_a_second_process_is_refused_with_the_firsts_pid(rig: Rig) -> None:
    """Two processes on one journal would be a mess; the lock goes when the holder ends."""
    with pytest.raises(FolderInUse, match="pid"):
        rig.opened()
    rig.stream.close()
    rig.stream = rig.opened()


def test_closing_delivers_and_then_refuses(rig: Rig) -> None:
    """Everything answered is in an object when close returns; closing twice is fine."""
    rig.put(b"1\n")
    rig.stream.close()
    rig.stream.close()
    assert lines(rig.data) == [b"1"]
    with pytest.raises(StreamError, match="closed"):
        rig.put(b"2\n")


def test_closing_under_load_loses_no_answered_record(rig: Rig) -> None:
    """Sixteen threads call until they are refused: what was answered is there, exactly once."""
    answered: list[bytes] = []
    begun = threading.Barrier(17)

    def call(name: int) -> None:
        begun.wait()
        for record in numbers(100_000, first=name * 100_000):
            try:
                if "RecordId" in rig.put(record)[0]:
                    answered.append(record.strip())
            except StreamError:
                return

    threads = [threading.Thread(target=call, args=(name,)) for name in range(16)]
    for thread in threads:
        thread.start()
    begun.wait()
    while len(answered) < 500:
        rig.stream.flush()
    rig.stream.close()
    for thread in threads:
        thread.join()
    assert sorted(lines(rig.data)) == sorted(answered)


class _BugDisk(FailingDisk):
    """Raises once, at one operation, what no disk raises."""

    def __init__(self, operation: str) -> None:
        super().__init__()
        self.bugs = [operation]

    def find(self, operation: Operation) -> Problem | None:
        if operation in self.bugs:
            self.bugs.clear()
            raise ZeroDivisionError
        return None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("operation", ["append", "publish"])
def test_a_bug_in_a_thread_fails_calls_instead_of_hanging_them(
    tmp_path: Path, operation: str
) -> None:
    """Committer or delivery: calls fail from then on, and the stream can still be closed."""
    stream = EmbeddedStream(tmp_path, disk=_BugDisk(operation), deliver_after_seconds=0.001)
    stored = 0
    with pytest.raises(StreamError) as caught:
        while True:
            stored += "RecordId" in stream.put_record_batch([b"x\n"])[0]
    assert caught.value.code == "ServiceUnavailableException"
    with pytest.raises(StreamError, match="has failed"):
        stream.put_record_batch([b"x\n"])
    stream.close()
    assert len(lines(tmp_path)) == stored


def test_faults_name_records_or_the_call(tmp_path: Path) -> None:
    """The hook for other tests: by index, or the whole call."""
    plan: list[set[int] | StreamError] = [{1}, {0, 1, 2}, StreamError("InternalFailure", "x")]

    def faults(_records: object) -> set[int]:
        step = plan.pop(0)
        if isinstance(step, StreamError):
            raise step
        return step

    stream = EmbeddedStream(tmp_path, faults=faults, deliver_after_seconds=NEVER)
    some = stream.put_record_batch([b"a\n", b"b\n", b"c\n"])
    assert ["RecordId" in answer for answer in some] == [True, False, True]
    none = stream.put_record_batch([b"a\n", b"b\n", b"c\n"])
    assert all(answer["ErrorCode"] for answer in none)
    with pytest.raises(StreamError, match="InternalFailure"):
        stream.put_record_batch([b"a\n"])
    stream.close()
    assert lines(tmp_path) == [b"a", b"c"]


def test_the_delivery_thread_delivers_unasked(tmp_path: Path) -> None:
    """Waits for the object itself, not for a time."""
    delivered = threading.Event()

    class Telling(FailingDisk):
        def publish(self, part: Path, whole: Path) -> None:
            super().publish(part, whole)
            delivered.set()

    stream = EmbeddedStream(tmp_path, disk=Telling(), deliver_after_seconds=0.01)
    stream.put_record_batch([b"x\n"])
    assert delivered.wait(10)
    stream.close()
    assert lines(tmp_path) == [b"x"]


def test_what_tasks_bring_in_one_turn_of_the_loop_is_one_commit(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    append = rig.disk.append

    def counted(descriptor: int, data: bytes) -> None:
        written.append(len(data))
        append(descriptor, data)

    monkeypatch.setattr(rig.disk, "append", counted)

    async def play() -> list[list[dict[str, Any]]]:
        loop = asyncio.get_running_loop()
        return await asyncio.gather(*(task.start(partial(rig.put, n), loop) for n in numbers(5)))

    assert all("RecordId" in one for (one,) in asyncio.run(play()))
    assert len(written) == 1


def test_a_stream_that_is_shut_meanwhile_tells_its_tasks(rig: Rig) -> None:
    async def play() -> None:
        calling = task.start(partial(rig.put, b"x\n"), asyncio.get_running_loop())
        rig.stream.close()
        await calling

    with pytest.raises(StreamError):
        asyncio.run(play())
