"""`openbunker compact`: what it does, and what it says when it cannot."""

from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openbunker.erasure.hashing import hash_of
from openbunker.erasure.model import Erasure
from openbunker.wiring import system
from openbunker_local.cli.app import app
from openbunker_local.sqlite import erasures as erasures_sqlite
from openbunker_local.sqlite.erasures import SqliteErasureStore
from openbunker_local.stream.disk import FolderLock
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.cold import NOON_MS, after, cold, deliver, event, hot
from tests.support.embedded import NEVER, Clock, objects


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "now_ms", lambda: after(60))


def run(data: Path) -> Result:
    return CliRunner().invoke(app, ["compact", "--data", str(data)])


def test_it_compacts_and_says_what_it_did(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1), event(2, dedupe_key="a"), event(3, dedupe_key="a")])
    done = run(tmp_path)
    assert done.exit_code == 0
    head, told = done.stdout.splitlines()
    assert head.split() == [
        "objects", "events", "copies", "erased", "days", "merged_files", "seconds",
    ]  # fmt: skip
    assert told.split()[:6] == ["1", "2", "1", "0", "1", "0"]
    assert len(cold(tmp_path)) == 2


def test_it_works_beside_a_stream_and_leaves_the_minute_that_it_still_delivers(
    tmp_path: Path,
) -> None:
    deliver(tmp_path, NOON_MS, [event(1)])
    clock = Clock()
    clock.now = NOON_MS
    with closing(
        EmbeddedStream(tmp_path, now_ms=clock.now_ms, deliver_after_seconds=NEVER)
    ) as stream:
        stream.flush()
        stream.put_record_batch([b"{}\n"])
        assert run(tmp_path).exit_code == 0
        assert cold(tmp_path) == []
    assert len(objects(tmp_path)) == 2


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    deliver(tmp_path, NOON_MS, [event(1)], [event(2)])
    bad = objects(tmp_path)[0]
    bad.write_bytes(b"broken")
    done = run(tmp_path)
    assert done.exit_code == 1
    assert f"{bad.relative_to(tmp_path)} stays as it is: " in done.stderr
    assert len(cold(tmp_path)) == 1


def test_another_compaction_is_named_by_its_process(tmp_path: Path) -> None:
    (tmp_path / "cold").mkdir()
    lock = FolderLock(tmp_path / "cold")
    done = run(tmp_path)
    lock.release()
    assert done.exit_code == 3
    assert "in use by another openbunker process" in done.stderr


def test_an_unreadable_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "cold").mkdir()
    (tmp_path / "cold" / "manifest.json").write_text('{"version":9}')
    done = run(tmp_path)
    assert done.exit_code == 3
    assert "it has version 9, and this openbunker knows version 2" in done.stderr


def test_there_is_no_folder_without_one(tmp_path: Path) -> None:
    done = run(tmp_path / "none")
    assert done.exit_code == 3
    assert "openbunker run` makes" in done.stderr
    assert not (tmp_path / "none").exists()


def test_erased_customers_of_the_folder_are_left_out(tmp_path: Path) -> None:
    erasure = Erasure(
        erasure_id="e1",
        project_id="p1",
        customer_hash=hash_of("p1", "her"),
        requested_ms=after(1),
        key_id="k",
    )
    with closing(SqliteErasureStore(tmp_path / erasures_sqlite.FILE)) as store:
        store.add(erasure)
    deliver(tmp_path, NOON_MS, [event(1), event(2, customer_identifier="her")])
    assert run(tmp_path).exit_code == 0
    assert [row["event_id"] for row in cold(tmp_path)] == [f"{1:032x}"]


def test_nothing_is_compacted_when_the_erasures_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / erasures_sqlite.FILE).write_text("this is no database")
    deliver(tmp_path, NOON_MS, [event(1)])
    done = run(tmp_path)
    assert done.exit_code == 3
    assert "cannot be compacted" in done.stderr
    assert len(hot(tmp_path)) == 1
