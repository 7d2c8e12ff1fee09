"""The index of ids: it may be missing, torn, stale or wrong; receipts are not."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from openbunker.core import ids
from openbunker.core.event import Event
from openbunker.query.receipts import Sought, receipt
from openbunker.query.scope import Scope
from openbunker_local.lake import receipts
from openbunker_local.lake.receipts import FolderReceipts
from openbunker_local.stream import id_index
from openbunker_local.stream.delivered import content
from openbunker_local.stream.id_hashes import Collector, digest
from openbunker_local.stream.id_index import IdIndex
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.embedded import Clock, objects
from tests.support.query.lake import PROJECT, deliver, event, lines

NOW_MS = Clock().now
OTHER = "project-b"
TEXT = 'order:1 "ü"\\'


def row(number: int, text: str = "", project: str = PROJECT, scope: str = "") -> Event:
    event_id = ids.new_id(NOW_MS + number)
    key = f"{scope}databuddy:write-1:{text}" if text else event_id
    return event(
        event_id=event_id,
        dedupe_key=key,
        dialect="databuddy",
        received_ms=NOW_MS + number,
        project_id=project,
    )


def streamed(data: Path, *events: Event) -> Path:
    """Deliver an object as a run of the server does; return its index file."""
    stream = EmbeddedStream(data, now_ms=lambda: NOW_MS, index=IdIndex(data))
    stream.put_record_batch([lines([one]) for one in events])
    stream.close()
    (file,) = (data / id_index.FOLDER).rglob("*.idx")
    return file


def look(
    data: Path, text: str, project: str = PROJECT, index: IdIndex | None = None
) -> dict[str, object] | None:
    sought = Sought.of(text)
    store = FolderReceipts(data, index)
    return receipt(sought, store.sightings(Scope(project), sought, NOW_MS))


def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the list in which each object that is read will be named."""
    read: list[Path] = []

    def noted(path: Path) -> bytes:
        read.append(path)
        return content(path)

    monkeypatch.setattr(receipts, "content", noted)
    return read


def test_only_objects_that_hold_the_id_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [row(0), row(1, TEXT), row(2, TEXT), row(3, "x")]
    for one in events:
        streamed(tmp_path, one)
    read = opened(monkeypatch)

    assert look(tmp_path, "never") is None
    assert look(tmp_path, ids.new_id(NOW_MS)) is None
    assert read == []
    own, mine = look(tmp_path, events[0].event_id), look(tmp_path, TEXT)
    assert own is not None
    assert mine is not None
    assert len(read) == 1 + 4  # the two copies, by the client's id and by the dedupe key
    copy, full = look(tmp_path, events[2].event_id), look(tmp_path, events[1].dedupe_key)
    assert copy is not None
    assert full is not None
    assert mine["event_id"] == copy["duplicate_of"] == full["event_id"] == events[1].event_id


def test_a_public_keys_event_is_found_by_its_senders_id(tmp_path: Path) -> None:
    """In a project that keeps the scopes apart, its dedupe key has one more before it."""
    secret, public = row(0, "x"), row(1, "y", scope="public:")
    streamed(tmp_path, secret, public)
    found = look(tmp_path, "y")
    assert found is not None
    assert found["event_id"] == public.event_id
    assert look(tmp_path, "public:y") is None


def test_two_projects_with_the_same_clients_id_see_their_own(tmp_path: Path) -> None:
    own, other = row(0, TEXT), row(1, TEXT, OTHER)
    streamed(tmp_path, own, other)

    first, second = look(tmp_path, TEXT), look(tmp_path, TEXT, OTHER)

    assert first is not None
    assert second is not None
    assert (first["event_id"], second["event_id"]) == (own.event_id, other.event_id)
    assert look(tmp_path, own.event_id, OTHER) is None
    assert look(tmp_path, TEXT, "project-c") is None


def test_ids_that_share_a_hash_are_told_apart(tmp_path: Path) -> None:
    index = IdIndex(tmp_path, lambda _text: b"collides")
    events = [row(0, "a"), row(1, "b"), row(2, "c", OTHER)]
    for path in (deliver(tmp_path, [one])[0] for one in events):
        ids_of = index.collector()
        ids_of.add(gzip.decompress(path.read_bytes()))
        index.add(path, ids_of)

    told = look(tmp_path, "b", index=index)

    assert told is not None
    assert told["event_id"] == events[1].event_id
    assert look(tmp_path, "c", index=index) is None
    assert look(tmp_path, "never", index=index) is None


SPOILS: dict[str, Callable[[bytes], bytes]] = {
    "gone": lambda _content: b"",
    "torn": lambda content: content[:-3],
    "torn in its head": lambda content: content[:10],
    "zeros after a power cut": lambda content: content[:-16] + bytes(16),
    "zeros throughout": lambda content: bytes(len(content)),
    "another name": lambda content: content.replace(b"openbunker", b"0penbunker"),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_spoilt_index_is_written_anew_at_need(
    tmp_path: Path, spoil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = row(0, TEXT)
    file = streamed(tmp_path, one)
    file.write_bytes(SPOILS[spoil](file.read_bytes()))
    read = opened(monkeypatch)

    assert look(tmp_path, "never") is None
    assert len(read) == 1
    assert look(tmp_path, "never") is None
    assert len(read) == 1, "the block that was written is not found"
    told = look(tmp_path, TEXT)
    assert told is not None
    assert told["event_id"] == one.event_id


def test_a_search_tells_the_index_a_bounded_part_of_what_it_misses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, [row(number) for number in range(3)], per_object=1)
    monkeypatch.setattr(receipts, "REBUILT_BYTES", 1)
    read = opened(monkeypatch)
    for _ in range(4):
        look(tmp_path, "never")
    assert len(read) == 3 + 2 + 1


def test_an_object_delivered_again_with_more_rows_has_all_of_them(tmp_path: Path) -> None:
    (path,) = deliver(tmp_path, [row(0, "a")])
    look(tmp_path, "never")
    path.write_bytes(gzip.compress(lines([row(0, "a"), row(1, "b")])))
    index, again = IdIndex(tmp_path), IdIndex(tmp_path).collector()
    again.add(gzip.decompress(path.read_bytes()))
    index.add(path, again)

    assert look(tmp_path, "a") is not None
    assert look(tmp_path, "b") is not None


def test_blocks_of_objects_that_are_gone_are_ignored_and_cleaned(tmp_path: Path) -> None:
    file = streamed(tmp_path, row(0, TEXT))
    (path,) = objects(tmp_path)
    IdIndex(tmp_path).clean()
    assert file.exists()
    path.unlink()
    assert look(tmp_path, TEXT) is None
    path.parent.rmdir()
    IdIndex(tmp_path).clean()
    assert not file.exists()
    path.parent.parent.rmdir()
    IdIndex(tmp_path).clean()
    assert not file.parent.exists()


def test_delivery_goes_on_when_the_index_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "stream").mkdir()
    (tmp_path / id_index.FOLDER).write_text("in the way")
    one = row(0, TEXT)
    stream = EmbeddedStream(tmp_path, now_ms=lambda: NOW_MS, index=IdIndex(tmp_path))
    stream.put_record_batch([lines([one])])
    stream.flush()
    stream.close()
    IdIndex(tmp_path).clean()

    told = look(tmp_path, TEXT)
    assert told is not None
    assert told["event_id"] == one.event_id


def test_lines_that_are_no_rows_leave_the_object_to_be_read() -> None:
    collected = Collector()
    collected.add(lines([row(0)]))
    assert len(collected.hashes() or b"") == 8
    collected.add(b'{"n":1}\n')
    assert collected.hashes() is None


def test_a_row_leaves_its_ids_and_no_more() -> None:
    collected, one = Collector(), row(0, "m:1")
    collected.add(lines([one]))
    forms = (one.event_id, one.dedupe_key, "m:1")
    expected = [digest(f"{PROJECT}\0{form}".encode()) for form in forms]
    assert collected.hashes() == b"".join(expected)
