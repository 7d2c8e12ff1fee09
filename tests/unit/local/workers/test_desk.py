"""What a worker sees of the server's parts is what the parts say: values pass as a channel does."""

import marshal
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from openbunker.core import ids
from openbunker.core.books import BookUnavailable, Entry
from openbunker.core.reasons import Reason
from openbunker.core.records import MAX_RECORD_BYTES, Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.sinks.memory import MemorySink
from openbunker.sinks.refused import MemoryRefusedSink
from openbunker.sinks.sink import StreamError
from openbunker_local.books.read import pages
from openbunker_local.books.write import LocalBook, together
from openbunker_local.stream.stream import EmbeddedStream
from openbunker_local.workers import remote
from openbunker_local.workers.desk import Desk

ENTRY = Entry(project_id="p", received_ms=1, stored=("00" * 16,))


class Rig:
    """A desk over real files, and how a worker asks it."""

    def __init__(self, data: Path) -> None:
        self.failing: Collection[int] = ()
        self.stream = EmbeddedStream(data, faults=self._faults)
        self.book = LocalBook(data)
        self.refused = MemoryRefusedSink()
        self.stream.books = self.book.stream
        put = self.stream.put_together
        self.desk = Desk(self.stream, Spill(), self.book, self._services(), put)

    def ask(self, name: str, *given: Any) -> Any:
        told = self.desk.answer(name, marshal.loads(marshal.dumps(given)))
        return marshal.loads(marshal.dumps(told))

    def close(self) -> None:
        self.stream.close()
        self.book.close()

    def _faults(self, _records: Sequence[bytes]) -> Collection[int]:
        return self.failing

    def _services(self) -> Services:
        return Services(
            keys=MemoryKeyStore({}),
            sink=MemorySink(),
            now_ms=lambda: 0,
            new_ids=ids.new_ids,
            log=lambda _: None,
            book=self.book,
            refused=self.refused,
        )


class Spill:
    """Takes the first record alone."""

    def publish(self, records: Sequence[Record], _seconds: float | None = None) -> list[Delivery]:
        full = Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE, "ENOSPC")
        return [Delivery(Fate.SPILLED), *[full] * (len(records) - 1)]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def test_records_are_answered_one_by_one(rig: Rig) -> None:
    stream = remote.RemoteStream(rig.ask)
    rig.failing = (1,)
    answers = stream.put_record_batch([b"0\n", b"1\n"], 5)
    assert ["RecordId" in one for one in answers] == [True, False]
    assert answers[1]["ErrorCode"] == "ServiceUnavailableException"


def test_a_call_that_fails_fails_there_too(rig: Rig) -> None:
    with pytest.raises(StreamError) as error:
        remote.RemoteStream(rig.ask).put_record_batch([b""])
    assert error.value.code == "InvalidArgumentException"


def test_what_the_spill_says_is_a_delivery(rig: Rig) -> None:
    records = [Record(b"0\n"), Record(b"1\n")]
    assert remote.RemoteSpill(rig.ask).publish(records) == Spill().publish(records)


def test_an_entry_is_in_the_servers_books(rig: Rig, tmp_path: Path) -> None:
    book = remote.RemoteBook(rig.ask)
    book.enter(ENTRY)
    (found,) = pages(tmp_path).values()
    assert found.ids == {bytes(16)}
    rig.book.close()
    with pytest.raises(BookUnavailable):
        book.enter(ENTRY)


def test_records_and_their_entry_are_stored_there_together(rig: Rig, tmp_path: Path) -> None:
    both = together(lambda record, line: bool(rig.ask("together", record, line)))
    assert both([Record(b"0\n"), Record(b"1\n")], ENTRY)
    (found,) = pages(tmp_path).values()
    assert found.ids == {bytes(16)}
    assert not both([Record(bytes(MAX_RECORD_BYTES)), Record(b"1\n")], ENTRY)


def test_what_is_refused_is_kept_there(rig: Rig) -> None:
    sink = remote.RemoteRefused(rig.ask)
    assert sink.keep([Record(b"0\n")], "p", due=True) == 1
    rig.refused.down = True
    assert sink.keep([Record(b"1\n")], "p") == 0
    assert rig.refused.records == [Record(b"0\n")]


def test_a_rate_is_one_for_all(rig: Rig) -> None:
    first, second = remote.RemoteBuckets(rig.ask), remote.RemoteBuckets(rig.ask)
    assert first.take("k", 1_000_000, 1, 0) == 0
    assert second.take("k", 1, 1, 0) > 0
    assert rig.desk.services.buckets.take("k", 1, 1, 1e9) == 0  # by the server's clock


def test_the_names_of_a_project_are_one_for_all(rig: Rig) -> None:
    first, second = remote.RemoteNames(rig.ask), remote.RemoteNames(rig.ask)
    first.count("p", ["a", "b"])
    rig.desk.services.names.count("p", ["c"])
    assert second.beyond("p", ["a", "d", "e", "c"], 4) == {"e"}
    assert second.beyond("other", ["d"], 4) == frozenset()
