"""The ledger against real files: what a crash between commits leaves, and what a loss leaves."""

import gzip
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbunker.core import ids
from openbunker.core.books import BOTH, NOTHING, RECORDS, BookUnavailable, Entry, hour
from openbunker.core.records import Record
from openbunker.query.receipts import Place, Sought, receipt
from openbunker.query.scope import Scope
from openbunker_local.books import compare as reconciliation
from openbunker_local.books import read as ledger
from openbunker_local.books.compare import Line
from openbunker_local.books.write import LocalBook, together
from openbunker_local.lake.receipts import FolderReceipts
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.embedded import FULL, Clock, FailingDisk
from tests.support.query.lake import PROJECT, deliver, event, lines

NOW_MS = Clock().now
HOUR = hour(NOW_MS)
SCOPE = Scope(PROJECT)


def enter(data: Path, *entries: Entry, deliver: bool = True) -> None:
    book = LocalBook(data, now_ms=lambda: NOW_MS)
    for entry in entries:
        book.enter(entry)
    if deliver:
        book.close()
        return
    # What a killed process leaves: its journal.
    journal = data / "books" / "stream" / "journal"
    kept = {path: path.read_bytes() for path in journal.iterdir()}
    book.close()
    for path in (data / "books" / "hot").rglob("*.json.gz"):
        path.unlink()
    for path, content in kept.items():
        path.write_bytes(content)


def stored(count: int, *, first: int = 0, **fields: str) -> Entry:
    names = [f"{number:032x}" for number in range(first, first + count)]
    return Entry(project_id=PROJECT, received_ms=NOW_MS, stored=names, **fields)  # type: ignore[arg-type]


def lie(data: Path, numbers: Sequence[int]) -> list[Path]:
    return deliver(data, [event(n, received_ms=NOW_MS, timestamp_ms=NOW_MS) for n in numbers])


def only(data: Path) -> Line:
    (line,) = reconciliation.reconcile(data)
    return line


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    entered=st.sets(st.integers(0, 30), min_size=1),
    lying=st.sets(st.integers(0, 30)),
    refused=st.integers(0, 9),
    retry=st.integers(0, 9),
)
def test_missing_and_unanswered_are_the_differences_of_the_ids(
    tmp_path_factory: pytest.TempPathFactory,
    entered: set[int],
    lying: set[int],
    refused: int,
    retry: int,
) -> None:
    """A loss and a surplus of the same hour never hide each other."""
    data = tmp_path_factory.mktemp("books")
    names = [f"{number:032x}" for number in sorted(entered)]
    enter(
        data,
        Entry(project_id=PROJECT, received_ms=NOW_MS, stored=names, refused=refused, retry=retry),
    )
    lie(data, sorted(lying))

    line = only(data)

    assert line.received == len(entered) + refused + retry
    assert (line.stored, line.refused, line.retry) == (len(entered), refused, retry)
    assert line.missing == len(entered - lying)
    assert line.unanswered == len(lying - entered)
    assert line.closes == (entered <= lying)
    assert (line.project, line.hour) == (PROJECT, HOUR)


def test_a_crash_between_the_events_commit_and_the_books_is_unanswered_and_no_failure(
    tmp_path: Path,
) -> None:
    stream = EmbeddedStream(tmp_path, now_ms=lambda: NOW_MS)
    disk = FailingDisk()
    book = LocalBook(tmp_path, now_ms=lambda: NOW_MS, disk=disk)
    book.enter(stored(1))
    disk.failing = {"append": FULL}
    answers = stream.put_record_batch([lines([event(n, received_ms=NOW_MS)]) for n in range(3)])
    assert all("RecordId" in answer for answer in answers)
    with pytest.raises(BookUnavailable):
        book.enter(stored(2, first=1))
    stream.close()
    book.close()

    line = only(tmp_path)

    assert (line.received, line.unanswered, line.missing, line.closes) == (1, 2, 0, True)


def test_an_entry_is_written_once_its_events_are_on_the_disk(tmp_path: Path) -> None:
    """One wait for both, in this order: what the entry says is never said before it is true."""
    disk = FailingDisk()
    stream = EmbeddedStream(tmp_path, now_ms=lambda: NOW_MS, disk=disk)
    journal = tmp_path / "stream" / "journal"
    lying: list[int] = []

    class Looking(Disk):
        def append(self, descriptor: int, data: bytes) -> None:
            lying.append(sum(file.read_bytes().count(b"event_name") for file in journal.iterdir()))
            super().append(descriptor, data)

    book = LocalBook(tmp_path, now_ms=lambda: NOW_MS, disk=Looking())
    stream.books = book.stream
    both = together(stream.put_together)
    records = [Record(lines([event(n, received_ms=NOW_MS)])) for n in range(3)]
    assert both(records, stored(3)) == BOTH
    assert lying == [3]
    disk.failing = {"append": FULL}
    assert both(records, stored(3, first=3)) == NOTHING
    disk.failing = {}
    book.close()
    assert both(records, stored(3, first=3)) == RECORDS
    stream.close()

    line = only(tmp_path)

    assert (line.stored, line.missing, line.closes) == (3, 0, True)


def test_an_event_that_takes_too_long_is_entered_by_who_asked(tmp_path: Path) -> None:
    """It goes the ordinary way then, into the spill; no second entry says that it was stored."""
    going = threading.Event()

    class Slow(Disk):
        def append(self, descriptor: int, data: bytes) -> None:
            assert going.wait(30)
            super().append(descriptor, data)

    stream, book = EmbeddedStream(tmp_path, disk=Slow()), LocalBook(tmp_path)
    stream.books = book.stream
    record = lines([event(1, received_ms=NOW_MS)])
    assert stream.put_together(record, stored(1).encode(), 0.0) == NOTHING
    going.set()
    stream.close()
    book.close()
    assert ledger.pages(tmp_path) == {}


def test_an_entry_the_disk_refused_is_not_in_the_books_after_a_restart(tmp_path: Path) -> None:
    disk = FailingDisk()
    book = LocalBook(tmp_path, disk=disk)
    disk.failing = {"append": FULL}
    with pytest.raises(BookUnavailable):
        book.enter(stored(1))
    disk.failing = {}
    book.enter(stored(1, first=1))
    book.close()
    LocalBook(tmp_path).close()

    (sums,) = ledger.pages(tmp_path).values()

    assert sums.ids == {(1).to_bytes(16, "big")}


def test_entries_count_once_in_journal_and_object(tmp_path: Path) -> None:
    enter(tmp_path, stored(2), deliver=False)
    before = ledger.pages(tmp_path)
    LocalBook(tmp_path).close()

    assert before[PROJECT, HOUR].counts["stored"] == 2
    assert ledger.pages(tmp_path) == before


def test_a_book_that_is_shut_takes_nothing(tmp_path: Path) -> None:
    book = LocalBook(tmp_path)
    book.close()
    with pytest.raises(BookUnavailable):
        book.enter(stored(1))


def test_rows_that_wait_or_were_copied_are_told_and_close(tmp_path: Path) -> None:
    enter(tmp_path, stored(4))
    lie(tmp_path, [0, 1])
    lie(tmp_path, [1])
    (tmp_path / "spill").mkdir()
    row = lines([event(2, received_ms=NOW_MS)])
    (tmp_path / "spill" / "0a.jsonl").write_bytes(row)
    stream = EmbeddedStream(tmp_path, now_ms=lambda: NOW_MS, deliver_after_seconds=3600.0)
    stream.put_record_batch([lines([event(3, received_ms=NOW_MS, dedupe_key="key-2")])])

    line = only(tmp_path)
    stream.close()

    assert (line.lying, line.waiting, line.missing, line.unanswered) == (4, 2, 0, 0)
    assert (line.copies, line.duplicates, line.closes) == (1, 1, True)


@pytest.mark.parametrize(
    "damage",
    [b"", b"not gzip", gzip.compress(b"[1\n{}")[:-9]],
    ids=["empty", "no-gzip", "torn-gzip"],
)
def test_a_damaged_object_is_a_loss(tmp_path: Path, damage: bytes) -> None:
    enter(tmp_path, stored(2))
    (path,) = lie(tmp_path, [0, 1])
    path.write_bytes(damage)

    assert (only(tmp_path).missing, only(tmp_path).some_missing) == (
        2,
        tuple(f"{n:032x}" for n in (0, 1)),
    )


def test_a_spilled_event_that_was_replayed_hours_later_is_found(tmp_path: Path) -> None:
    event_id = ids.new_id(NOW_MS)
    enter(tmp_path, Entry(project_id=PROJECT, received_ms=NOW_MS, spilled=[event_id]))
    row = event(event_id=event_id, dedupe_key=event_id, received_ms=NOW_MS)
    later = NOW_MS + 5 * 3_600_000
    (moved,) = deliver(tmp_path, [event(received_ms=later)])
    moved.write_bytes(gzip.compress(lines([event(7, received_ms=later), row])))

    told = look(tmp_path, event_id, now_ms=later)
    (line, other) = reconciliation.reconcile(tmp_path)
    (early,) = reconciliation.reconcile(tmp_path, NOW_MS, NOW_MS + 1)

    assert told is not None
    assert (told["status"], told["line"]) == ("stored", 2)
    assert (line.missing, line.spilled, other.unanswered, early.missing) == (0, 1, 1, 0)


@pytest.mark.parametrize("place", [Place.SPILL, Place.JOURNAL])
def test_what_waits_has_a_receipt(tmp_path: Path, place: Place) -> None:
    event_id = ids.new_id(NOW_MS)
    row = lines([event(event_id=event_id, dedupe_key=event_id, received_ms=NOW_MS)])
    stream = EmbeddedStream(tmp_path, now_ms=lambda: NOW_MS, deliver_after_seconds=3600.0)
    if place is Place.JOURNAL:
        stream.put_record_batch([row])
    else:
        (tmp_path / "spill").mkdir()
        (tmp_path / "spill" / "0a.jsonl").write_bytes(row)

    told = look(tmp_path, event_id)
    stream.close()

    assert told is not None
    assert told["status"] == place
    assert "object" not in told


def test_a_receipt_is_of_the_keys_project_and_customer_alone(tmp_path: Path) -> None:
    event_id = ids.new_id(NOW_MS)
    own = event(event_id=event_id, received_ms=NOW_MS, customer_identifier="c1")
    deliver(tmp_path, [own])

    assert look(tmp_path, event_id, Scope(PROJECT, "c1")) is not None
    assert look(tmp_path, event_id, Scope(PROJECT, "c2")) is None
    assert look(tmp_path, event_id, Scope("project-b")) is None


def look(
    data: Path, text: str, scope: Scope = SCOPE, now_ms: int = NOW_MS
) -> dict[str, object] | None:
    sought = Sought.of(text)
    return receipt(sought, FolderReceipts(data).sightings(scope, sought, now_ms))
