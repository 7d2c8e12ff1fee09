"""The books over cold events: they close after compactions, and say so when cold rows are lost."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from openbunker.core.errors import QueryUnavailable
from openbunker.core.times import MINUTE_MS
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.model import Erasure
from openbunker_local.books import compare as reconciliation
from openbunker_local.cold import rows as cold_rows
from openbunker_local.cold.manifest import FILE, load, save
from openbunker_local.compaction.run import compact
from openbunker_local.stream.disk import Disk
from tests.integration.test_books import NOW_MS, enter, lie, only, stored
from tests.support.query.lake import PROJECT, deliver, event
from tests.support.shell import cli

LATER_MS = NOW_MS + 10 * MINUTE_MS


def make_cold(data: Path, *erasures: Erasure) -> None:
    compact(data, LATER_MS, LATER_MS, erasures=erasures)


def test_they_close_with_some_events_cold_and_some_hot(tmp_path: Path) -> None:
    enter(tmp_path, stored(9))
    for second in range(3):
        at = NOW_MS + second * 1000
        numbers = range(3 * second, 3 * second + 3)
        deliver(tmp_path, [event(n, received_ms=at, timestamp_ms=at) for n in numbers])
        if second < 2:
            make_cold(tmp_path)  # the second time, the objects of the first are taken away

    line = only(tmp_path)

    assert (line.lying, line.missing, line.copies, line.unanswered) == (9, 0, 0, 0)
    assert line.closes


def test_what_lies_in_an_object_and_is_cold_is_no_copy(tmp_path: Path) -> None:
    enter(tmp_path, stored(3))
    objects = lie(tmp_path, range(3))
    make_cold(tmp_path)

    assert all(path.exists() for path in objects)
    assert only(tmp_path).copies == 0


def test_a_copy_that_was_dropped_is_not_missing(tmp_path: Path) -> None:
    enter(tmp_path, stored(2))
    same = {"dedupe_key": "same", "received_ms": NOW_MS, "timestamp_ms": NOW_MS}
    deliver(tmp_path, [event(0, **same), event(1, **same)])
    make_cold(tmp_path)

    line = only(tmp_path)

    assert (line.lying, line.missing, line.duplicates) == (2, 0, 1)


def test_an_erased_event_is_not_missing(tmp_path: Path) -> None:
    enter(tmp_path, stored(2))
    fields = {"received_ms": NOW_MS, "timestamp_ms": NOW_MS}
    deliver(tmp_path, [event(0, customer_identifier="c1", **fields), event(1, **fields)])
    make_cold(tmp_path, erasure("c1"))

    line = only(tmp_path)

    assert (line.lying, line.missing) == (2, 0)


def test_a_cold_file_that_is_lost_is_a_loss(tmp_path: Path) -> None:
    enter(tmp_path, stored(3))
    lie(tmp_path, range(3))
    make_cold(tmp_path)
    manifest = load(tmp_path)
    for file in manifest.files:
        (tmp_path / file.path).unlink()
    save(tmp_path, replace(manifest, files=()), Disk())

    line = only(tmp_path)

    assert line.missing == 3
    assert not line.closes


@pytest.mark.parametrize("hurt", ["file", "manifest"])
def test_cold_files_that_cannot_be_read_fail_loudly(tmp_path: Path, hurt: str) -> None:
    enter(tmp_path, stored(3))
    lie(tmp_path, range(3))
    make_cold(tmp_path)
    (file,) = load(tmp_path).files
    (tmp_path / file.path if hurt == "file" else tmp_path / "cold" / FILE).write_bytes(b"{")

    done = cli("reconcile", "--data", str(tmp_path))

    if hurt == "file":
        assert done.returncode == 1
        assert f"{file.path} is damaged" in done.stdout
    else:
        assert done.returncode == 3
        assert "Nobody can say: " in done.stderr


def test_a_compaction_while_the_books_are_read_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The objects are read; then they become cold, and are taken away, before the cold is read."""
    enter(tmp_path, stored(4))
    lie(tmp_path, range(4))
    read = reconciliation._add_cold

    def compacted(*arguments: object) -> None:
        make_cold(tmp_path)
        make_cold(tmp_path)
        read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reconciliation, "_add_cold", compacted)

    line = only(tmp_path)

    assert (line.lying, line.missing, line.copies) == (4, 0, 0)


def test_a_file_that_is_merged_away_is_looked_for_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(tmp_path, stored(3))
    lie(tmp_path, range(3))
    make_cold(tmp_path)
    named, gone = cold_rows.ColdRows._files, [True]

    def once_gone(self: cold_rows.ColdRows, *arguments: object) -> list[str]:
        files = named(self, *arguments)  # type: ignore[arg-type]
        return [file + ".gone" for file in files] if files and gone and gone.pop() else files

    monkeypatch.setattr(cold_rows.ColdRows, "_files", once_gone)

    line = only(tmp_path)

    assert (line.lying, line.missing, line.copies) == (3, 0, 0)


def test_a_file_that_stays_away_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(tmp_path, stored(1))
    lie(tmp_path, [0])
    make_cold(tmp_path)
    monkeypatch.setattr(cold_rows.ColdRows, "_files", lambda *_: [str(tmp_path / "cold/none")])

    with pytest.raises(QueryUnavailable):
        only(tmp_path)


def test_a_loss_is_told_in_a_table_and_in_json(tmp_path: Path) -> None:
    enter(tmp_path, stored(3, first=1))
    lie(tmp_path, [1, 2])

    done = cli("reconcile", "--data", str(tmp_path))
    told = cli("reconcile", "--data", str(tmp_path), "--json")

    assert (done.returncode, told.returncode) == (1, 1)
    head, line, missing = done.stdout.splitlines()
    assert head.split() == ["project", "hour", "received", "stored", "lying", "missing"]
    assert line.split()[2:] == ["3", "3", "2", "1"]
    assert "1 answered event is missing: " in missing
    (found,) = json.loads(told.stdout)["lines"]
    assert (found["missing"], found["closes"]) == (1, False)


def erasure(customer: str) -> Erasure:
    return Erasure(
        erasure_id="e",
        project_id=PROJECT,
        customer_hash=hash_of(PROJECT, customer),
        requested_ms=LATER_MS,
        key_id="delete-1",
        customer_identifier=customer,
    )
