"""A backup of a folder in use, and the folder that is made of it: whole, and its books close."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from openbunker.core import records
from openbunker.core.books import Entry
from openbunker.core.records import Record
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.model import Erasure
from openbunker_local.backup import listing, restore, take
from openbunker_local.backup.listing import NoBackup
from openbunker_local.books import compare
from openbunker_local.books.write import LocalBook
from openbunker_local.cli.app import app
from openbunker_local.cold import manifest, stored
from openbunker_local.compaction import job
from openbunker_local.compaction.run import compact
from openbunker_local.sqlite import erasures as store
from openbunker_local.sqlite.erasures import SqliteErasureStore
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.sqlite.usage import SqliteUsageStore
from openbunker_local.stream import spill
from openbunker_local.stream.disk import Disk, FolderInUse
from openbunker_local.stream.refused_days import refused_stream
from openbunker_local.stream.spill import FolderSpill
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.cold import NOON_MS, after, cold, deliver, event, hot
from tests.support.embedded import NEVER, Clock

NOW = after(60)


def record(number: int, **columns: Any) -> bytes:
    found = records.encode(event(number, **columns))
    assert isinstance(found, Record)
    return found.data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with something in every place."""
    found = tmp_path / "data"
    deliver(found, NOON_MS, [event(1, customer_identifier="ada"), event(2)])
    compact(found, NOW, NOW)
    deliver(found, after(61), [event(3, customer_identifier="ada")])
    clock = Clock()
    clock.now = after(62)
    with closing(EmbeddedStream(found, now_ms=clock.now_ms, deliver_after_seconds=NEVER)) as stream:
        stream.put_record_batch([record(4)])
        waiting = {path: path.read_bytes() for path in (found / "stream/journal").iterdir()}
    for path in (found / "hot").rglob("*12-62*"):
        path.unlink()
    for path, content in waiting.items():
        path.write_bytes(content + b"\0\0\0\7torn")
    FolderSpill(found, Disk(), lambda: "0a").publish([Record(record(5))])
    with closing(LocalBook(found, now_ms=lambda: NOON_MS)) as book:
        names = [f"{number:032x}" for number in range(1, 6)]
        book.enter(Entry(project_id="p1", received_ms=NOON_MS, stored=names))
    refused_stream(found, lambda: after(5)).close()
    SqliteKeyStore(found / "keys.sqlite").close()
    SqliteUsageStore(found).close()
    SqliteErasureStore(found / store.FILE).close()
    return found


def numbers(data: Path) -> list[int]:
    return sorted({int(row["event_id"], 16) for row in cold(data) + hot(data)})


def restored(data: Path, backup: Path, *erasures: Path) -> Path:
    target = data.with_name("restored")
    restore.restore(backup, target, erasures)
    return target


def test_what_is_restored_is_what_was_there(data: Path, tmp_path: Path) -> None:
    assert take.take(data, tmp_path / "b", NOW) == {}
    found = restored(data, tmp_path / "b")

    assert manifest.load(found) == manifest.load(data)
    assert (numbers(found), len(spill.files(found))) == (numbers(data), 1)
    assert stored.problems(found, manifest.load(found)) == {}
    names = {path.relative_to(found).as_posix() for path in found.rglob("*") if path.is_file()}
    assert {"keys.sqlite", "usage.sqlite", "erasures.sqlite"} <= names
    assert not [name for name in names if "backup" in name or name.endswith(("lock", "-wal"))]
    EmbeddedStream(found).close()
    assert 4 in numbers(found)
    assert all(line.closes for line in compare.reconcile(found))


def test_a_backup_under_load_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    """Senders, deliveries and compactions go on; whatever the books of the copy name is in it."""
    data, ended = tmp_path / "data", threading.Event()
    answered: list[int] = []
    stream = EmbeddedStream(data, deliver_after_seconds=0.001)
    book = LocalBook(data)

    def send(first: int) -> None:
        for number in range(first, first + 4_000):
            if ended.is_set():
                return
            old = NOON_MS + number
            assert "RecordId" in stream.put_record_batch([record(number, received_ms=old)])[0]
            name = f"{number:032x}"
            book.enter(Entry(project_id="p1", received_ms=old, stored=[name]))
            answered.append(number)

    def compacting() -> None:
        while not ended.is_set():
            with suppress(FolderInUse):
                compact(data, NOON_MS * 2, NOON_MS * 2)

    threads = [threading.Thread(target=send, args=(first,)) for first in (0, 10_000)]
    threads.append(threading.Thread(target=compacting))
    for thread in threads:
        thread.start()
    try:
        while len(answered) < 60:
            ended.wait(0.01)
        for number in range(3):
            before = set(answered)
            take.take(data, tmp_path / f"b{number}", NOW)
            found = tmp_path / f"r{number}"
            restore.restore(tmp_path / f"b{number}", found)
            EmbeddedStream(found).close()
            assert before <= set(numbers(found))
            assert all(line.closes for line in compare.reconcile(found))
            assert stored.problems(found, manifest.load(found)) == {}
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        stream.close()
        book.close()


def test_a_half_taken_or_damaged_backup_is_refused(data: Path, tmp_path: Path) -> None:
    backup = tmp_path / "b"
    take.take(data, backup, NOW)
    (file,) = manifest.load(backup).files
    content = bytearray((backup / file.path).read_bytes())
    content[9] ^= 1
    (backup / file.path).write_bytes(content)
    with pytest.raises(NoBackup, match="parquet"):
        restored(data, backup)
    assert not data.with_name("restored").exists()
    _, left = restore.restore(backup, data.with_name("restored"), damaged_too=True)
    assert set(left) == {file.path}
    (backup / listing.FILE).unlink()
    with pytest.raises(NoBackup, match="no finished backup"):
        restored(data, backup)
    with pytest.raises(FileExistsError):
        take.take(data, backup, NOW)


def test_damage_is_told_and_kept_as_it_lies(data: Path, tmp_path: Path) -> None:
    (file,) = manifest.load(data).files
    (data / file.path).write_bytes(b"?" * file.bytes)
    assert set(take.take(data, tmp_path / "b", NOW)) == {file.path}
    assert (restored(data, tmp_path / "b") / file.path).read_bytes() == b"?" * file.bytes


@pytest.mark.parametrize("source", ["folder", "backup", "file"])
@pytest.mark.parametrize("done", [True, False])
def test_erasures_that_came_after_the_backup_are_done_again(
    data: Path, tmp_path: Path, source: str, done: bool
) -> None:
    """Also those that have forgotten whom they were about: her name is found by its hash."""
    take.take(data, tmp_path / "b", NOW)
    asked = Erasure(
        erasure_id="1" * 32, project_id="p1", customer_hash=hash_of("p1", "ada"),
        requested_ms=after(70), key_id="k", customer_identifier="ada",
    )  # fmt: skip
    other = replace(asked, erasure_id="2" * 32, customer_hash=hash_of("p1", "eve"),
                    customer_identifier=None, erased_ms=after(80))  # fmt: skip
    with closing(SqliteErasureStore(data / store.FILE)) as kept:
        kept.add(asked)
        kept.add(other)
        if done:
            kept.mark_erased(asked, after(75))
    where = {"folder": data, "backup": tmp_path / "b2", "file": tmp_path / "erased"}[source]
    if source == "backup":
        take.take(data, where, NOW)
    if source == "file":
        take.take_erasures(data, where)

    found = restored(data, tmp_path / "b", where)

    with closing(SqliteErasureStore(found / store.FILE)) as kept:
        (again,) = kept.to_erase()
        assert (again.customer_identifier, again.requested_ms) == ("ada", after(70))
        assert len(kept.every()) == 2
    EmbeddedStream(found).close()
    shutil.rmtree(found / "spill")
    job.work(found, after(90), after(90))
    assert numbers(found) == [2, 4]


@pytest.fixture
def runner(data: Path) -> Iterator[CliRunner]:
    yield CliRunner()


def test_the_verbs(data: Path, tmp_path: Path, runner: CliRunner) -> None:
    target, new = str(tmp_path / "b"), str(tmp_path / "new")
    assert runner.invoke(app, ["backup", target, "--data", str(data)]).exit_code == 0
    assert json.loads((tmp_path / "b" / listing.FILE).read_text())["version"] == 1
    again = runner.invoke(app, ["backup", target, "--data", str(data)])
    assert (again.exit_code, "is not empty" in again.stderr) == (3, True)
    done = runner.invoke(app, ["restore", target, "--data", new])
    assert (done.exit_code, "--erasures" in done.stderr) == (0, True)
    kept = str(tmp_path / "kept")
    assert runner.invoke(
        app, ["backup", kept, "--data", str(data), "--erasures-only"]
    ).exit_code == 0  # fmt: skip
    other = runner.invoke(
        app, ["restore", target, "--data", str(tmp_path / "n2"), "--erasures", kept]
    )
    assert (other.exit_code, other.stderr) == (0, "")
    assert runner.invoke(app, ["restore", str(data), "--data", new]).exit_code == 3
