"""What is not well is told: by /health with causes, by /ready only of writing, once in the log."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openbunker.core.errors import KeyStoreUnavailable
from openbunker.core.records import Record
from openbunker_local import runtime
from openbunker_local.server.gateway import HttpRequest
from openbunker_local.server.routes import Routes
from openbunker_local.server.server import App
from openbunker_local.server.state import causes as causing
from openbunker_local.server.state.causes import Cause, Causes, Watched
from openbunker_local.server.state.health import Health, readiness
from openbunker_local.server.state.watch import Watch
from openbunker_local.sqlite import integrity
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.stream import folder
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.folder import FolderNewer
from openbunker_local.stream.spill import FolderSpill
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.embedded import FULL, NEVER, FailingDisk
from tests.support.query.lake import NOW_MS

REQUIRED = {"now_ms": lambda: NOW_MS, "delivered_to_ms": lambda: NOW_MS}


def found(data: Path, **changed: Any) -> dict[str, Cause]:
    return {one.cause: one for one in Causes(Watched(data=data, **{**REQUIRED, **changed}))()}


def manifest(data: Path, text: str) -> None:
    (data / "cold").mkdir(exist_ok=True)
    (data / "cold" / "manifest.json").write_text(text)


def spilled(data: Path) -> None:
    FolderSpill(data, Disk(), lambda: f"{NOW_MS - 90_000:012x}" + "0" * 20).publish([Record(b"{}")])


def set_aside(data: Path) -> None:
    (data / "stream" / "damaged").mkdir(parents=True)
    (data / "stream" / "damaged" / "x.journal").write_bytes(b"?")


def test_a_folder_that_is_well_has_no_cause(tmp_path: Path) -> None:
    assert found(tmp_path) == {}
    told = Health(tmp_path, lambda: NOW_MS, lambda: NOW_MS, list)()
    assert (told["status"], told["causes"]) == ("ok", [])


@pytest.mark.parametrize(
    ("cause", "changed", "done"),
    [
        ("not_durable", {"not_durable": lambda: "No space left on device"}, lambda _: None),
        ("manifest_unreadable", {}, lambda data: manifest(data, "{")),
        ("manifest_unreadable", {}, lambda data: manifest(data, '{"version":9}')),
        ("damaged_files", {"damaged": lambda: {"hot/a": "it is cut off"}}, lambda _: None),
        ("damaged_files", {}, set_aside),
        ("compaction_failing", {"compaction": lambda: "it hurts"}, lambda _: None),
        ("spill_waiting", {}, spilled),
        ("delivery_behind", {"delivered_to_ms": lambda: NOW_MS - 90_000}, lambda _: None),
        ("clock_off", {"now_ms": lambda: 0, "delivered_to_ms": lambda: 0}, lambda _: None),
    ],
)
def test_each_cause_is_found_and_told_without_a_path(
    tmp_path: Path, cause: str, changed: dict[str, Any], done: Callable[[Path], None]
) -> None:
    done(tmp_path)
    causes = Causes(Watched(data=tmp_path, **{**REQUIRED, **changed}))

    told = Health(tmp_path, lambda: NOW_MS, lambda: NOW_MS, causes)()

    assert told["status"] == "degraded"
    assert cause in [one["cause"] for one in told["causes"]]
    assert str(tmp_path) not in json.dumps(told)


def test_a_disk_that_is_nearly_full_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    little = shutil._ntuple_diskusage(10, 10, causing.FREE_BYTES - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: little)
    assert set(found(tmp_path)) == {"disk_full"}


def test_a_change_of_state_is_one_line() -> None:
    state: list[Cause] = []
    lines: list[Mapping[str, Any]] = []
    watch = Watch(lambda: state, lines.append)
    watch.look()
    assert lines == []
    state.append(Cause("damaged_files", "d", {"hot/a": "it is cut off"}))
    watch.look()
    watch.look()
    assert [(one["level"], one["health"]) for one in lines] == [("ERROR", "degraded")]
    assert lines[0]["causes"][0]["names"] == {"hot/a": "it is cut off"}
    state[0] = Cause("damaged_files", "d", {"hot/a": "it is cut off", "hot/b": "it is cut off"})
    watch.look()
    state.clear()
    watch.look()
    assert [one["level"] for one in lines] == ["ERROR", "ERROR", "INFO"]


def test_ready_ends_with_the_disk_and_comes_back_by_itself(tmp_path: Path) -> None:
    """No record may come while the balancer sends none: so the disk is tried out."""
    disk = FailingDisk()
    with closing(EmbeddedStream(tmp_path, disk=disk, deliver_after_seconds=NEVER)) as stream:
        stream.put_record_batch([b"{}\n"])
        assert stream.why_not() == ""
        disk.failing["append"] = FULL
        assert "ErrorCode" in stream.put_record_batch([b"{}\n"])[0]
        assert stream.why_not() == os.strerror(FULL)
        disk.failing.clear()
        assert stream.why_not() == ""
        assert not list(tmp_path.glob("*probe*"))
    assert "closed" in stream.why_not()
    assert readiness("") == (200, {"status": "ready"})
    assert readiness("x")[0] == 503


def start(data: Path) -> None:
    with runtime.running(data, "http://x", lambda _: None):
        pass


def test_a_folder_of_a_newer_release_is_refused_before_it_is_touched(tmp_path: Path) -> None:
    data = tmp_path / "data"
    start(data)
    assert json.loads((data / folder.FILE).read_text()) == {"format": folder.FORMAT}
    (data / folder.FILE).write_text('{"format": 99}')
    before = sorted((p, p.stat().st_mtime_ns) for p in data.rglob("*"))
    with pytest.raises(FolderNewer, match="newer release"):
        start(data)
    assert sorted((p, p.stat().st_mtime_ns) for p in data.rglob("*")) == before
    (data / folder.FILE).unlink()
    manifest(data, '{"version":9}')
    with pytest.raises(FolderNewer, match="version 9"):
        start(data)


def test_a_damaged_manifest_does_not_stop_what_comes_in(tmp_path: Path) -> None:
    manifest(tmp_path, "{")
    lines: list[Mapping[str, Any]] = []
    with runtime.running(tmp_path, "http://x", lines.append) as running:
        assert running.why_not_ready() == ""
        assert running.health()["status"] == "degraded"
    assert [one["health"] for one in lines if "health" in one] == ["degraded"]


def test_a_sqlite_file_has_a_version_and_a_newer_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys.sqlite"
    with closing(sqlite3.connect(file)) as old:
        old.execute("CREATE TABLE keys (key_hash TEXT PRIMARY KEY, item TEXT NOT NULL)")
    SqliteKeyStore(file).close()
    with closing(sqlite3.connect(file)) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (integrity.VERSION,)
        kept.execute("PRAGMA user_version = 99")
    with pytest.raises(KeyStoreUnavailable, match="newer release"):
        SqliteKeyStore(file)


def test_ready_is_a_503_while_nothing_is_durable_and_while_the_server_ends() -> None:
    why = ""
    app = App(Routes({}), dict, lambda: why)
    request = HttpRequest(
        method="GET", raw_path="/ready", raw_query="", headers=[], body=b"", source_ip=""
    )
    assert app._respond(request).status == 200
    why = "No space left on device"
    assert app._respond(request).status == 503
    why = ""
    app.draining = True
    assert app._respond(request).status == 503
    assert app._respond(replace(request, raw_path="/health")).status == 200
