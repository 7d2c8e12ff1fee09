"""A cold file or an object that is not as it was written: named, left out, and never replaced."""

import gzip
import os
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from openbunker.core.books import Entry
from openbunker.erasure.model import Erasure
from openbunker_local.books import compare
from openbunker_local.books.write import LocalBook
from openbunker_local.cold import lookup_trees, manifest, stored
from openbunker_local.cold.checksums import MISSING, Checksums, crc_of
from openbunker_local.cold.rows import ColdRows
from openbunker_local.compaction import job
from openbunker_local.compaction.run import compact
from openbunker_local.lake.files import LakeFiles
from openbunker_local.lake.scrub import Scrubber
from openbunker_local.sqlite import erasures
from openbunker_local.sqlite.erasures import SqliteErasureStore
from openbunker_local.stream.delivered import ALWAYS_MS
from openbunker_local.stream.disk import Disk
from tests.support.cold import NOON_MS, after, cold, deliver, event, hot
from tests.support.embedded import objects

NOW = after(60)
OLD_FOLDER = Path(__file__).parents[1] / "support" / "folders" / "format-1.tar.gz"


def flip(path: Path, at: int = -1) -> bytes:
    content = bytearray(path.read_bytes())
    content[at if at >= 0 else len(content) // 2] ^= 1
    path.write_bytes(content)
    return bytes(content)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    deliver(tmp_path, NOON_MS, [event(1), event(2)])
    compact(tmp_path, NOW, NOW)
    yield tmp_path


def test_a_file_has_a_checksum_in_the_manifest(data: Path) -> None:
    (file,) = manifest.load(data).files
    assert file.crc32 == crc_of(data / file.path)


def test_damage_is_seen_once_the_file_is_used_or_has_changed(data: Path) -> None:
    (file,) = manifest.load(data).files
    checksums = Checksums(data)
    assert checksums.whole_files([file], list) == [file]
    flip(data / file.path)
    assert checksums.whole_files([file], list) == []
    assert checksums.damaged() == {file.path: "its checksum does not fit"}
    (data / file.path).write_bytes((data / file.path).read_bytes()[:-1])
    assert checksums.whole_files([file], list) == []
    assert "were written" in checksums.damaged()[file.path]
    (data / file.path).unlink()
    assert checksums.damaged() == {}


def test_a_file_that_was_mended_counts_again(data: Path) -> None:
    (file,) = manifest.load(data).files
    path, checksums = data / file.path, Checksums(data)
    whole = path.read_bytes()
    flip(path)
    assert checksums.whole_files([file], list) == []
    path.write_bytes(whole)
    assert (checksums.whole_files([file], list), checksums.damaged()) == ([file], {})
    checksums.note(file.path, MISSING)
    assert checksums.damaged() == {}  # it is there


def test_objects_of_a_damaged_file_are_kept_until_it_is_mended(data: Path) -> None:
    """They are the only other copy of its rows."""
    (file,) = manifest.load(data).files
    whole = (data / file.path).read_bytes()
    flip(data / file.path)

    result = compact(data, NOW, NOW)

    assert result.unreadable == {file.path: "its checksum does not fit"}
    assert len(objects(data)) == len(manifest.load(data).done) == 1
    (data / file.path).write_bytes(whole)
    assert compact(data, NOW, NOW).unreadable == {}
    assert (objects(data), manifest.load(data).done) == ([], frozenset())


def test_a_damaged_file_is_merged_into_no_other(data: Path) -> None:
    """Four more of its size are due for one; the damaged one stays as it is, by its name."""
    (file,) = manifest.load(data).files
    compact(data, NOW, NOW)
    bad = flip(data / file.path)
    for number in range(3, 9):
        deliver(data, NOON_MS, [event(number)])
        result = compact(data, NOW, NOW)

    assert result.unreadable == {file.path: "its checksum does not fit"}
    assert (data / file.path).read_bytes() == bad
    kept = manifest.load(data).files
    assert file in kept
    assert sum(one.rows for one in kept if one != file) == 6


def test_what_becomes_cold_is_not_held_up_by_a_damaged_file(data: Path) -> None:
    """Not even by one that nobody can open; what it knew of keys is done without."""
    (file,) = manifest.load(data).files
    compact(data, NOW, NOW)
    (data / file.path).write_bytes(b"PAR1 and nothing else")
    deliver(data, NOON_MS, [event(3, dedupe_key="order-1")])
    deliver(data, NOON_MS, [event(4, dedupe_key="order-1")])

    result = compact(data, NOW, NOW)

    assert (result.rows, result.copies) == (1, 1)
    assert set(result.unreadable) == {file.path}


def test_files_of_an_earlier_release_are_summed_up_once_they_were_read(data: Path) -> None:
    """A damaged one gets no checksum, so that nobody takes it for a whole one."""
    deliver(data, after(70), [event(3, after(70))])
    compact(data, after(80), after(80))
    first, second = manifest.load(data).files
    old = replace(
        manifest.load(data), files=(replace(first, crc32=None), replace(second, crc32=None))
    )
    manifest.save(data, old, Disk())
    flip(data / second.path, (data / second.path).stat().st_size - 30)  # within its footer

    result = compact(data, after(80), after(80))

    assert set(result.unreadable) == {second.path}
    assert [one.crc32 for one in manifest.load(data).files] == [None, first.crc32]


def test_a_folder_of_the_first_format_opens_and_is_brought_up_to_date(tmp_path: Path) -> None:
    with tarfile.open(OLD_FOLDER) as kept:
        kept.extractall(tmp_path, filter="data")
    before = manifest.load(tmp_path)
    assert [one.crc32 for one in before.files] == [None]

    result = compact(tmp_path, NOON_MS, NOON_MS)

    assert result.unreadable == {}
    assert all(one.crc32 is not None for one in manifest.load(tmp_path).files)
    assert len(cold(tmp_path)) + len(hot(tmp_path)) == 12
    gzip.decompress(objects(tmp_path)[0].read_bytes())


def test_an_audit_names_all_that_is_damaged(data: Path) -> None:
    """Objects, cold files, files that are gone, and what was set aside."""
    deliver(data, after(70), [event(3, after(70))], [event(4, after(70))])
    book = LocalBook(data, now_ms=lambda: NOON_MS)
    book.enter(Entry(project_id="p1", received_ms=NOON_MS, stored=["1" * 32]))
    book.close()
    (entry,) = (data / "books" / "hot").rglob("*.json.gz")
    aside = data / "stream" / "damaged" / "x.journal"
    aside.parent.mkdir(parents=True)
    aside.write_bytes(b"?")
    bad = objects(data)[-1]
    (file,) = manifest.load(data).files
    assert stored.set_aside(data) == {"stream/damaged/x.journal": stored.ASIDE}
    assert stored.problems(data, manifest.load(data)) == {}

    for path in (bad, entry, data / file.path):
        flip(path)

    names = {path.relative_to(data).as_posix() for path in (bad, entry, data / file.path)}
    assert set(stored.problems(data, manifest.load(data))) == names
    (data / file.path).unlink()
    assert stored.problems(data, manifest.load(data))[file.path] == MISSING


def test_what_rots_after_its_first_use_is_found_by_the_scrubber(data: Path) -> None:
    """Its size and its time are as they were."""
    deliver(data, after(70), [event(3, after(70))])
    lake = LakeFiles(data)
    hot_object, (file,) = objects(data)[-1], manifest.load(data).files
    paths = [hot_object, data / file.path]
    scrubber = Scrubber(lake)
    scrubber.once()
    assert lake.checksums.damaged() == {}
    for path in paths:
        times = path.stat()
        flip(path)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert lake.checksums.whole_files([file], list) == [file]

    scrubber.once()

    assert set(lake.checksums.damaged()) == {path.relative_to(data).as_posix() for path in paths}
    assert lake.checksums.whole_files([file], list) == []
    scrubber.start()
    scrubber.close()


def test_a_file_that_is_not_there_is_damage_to_every_reader(data: Path) -> None:
    """The manifest names it still: it was not merged away, and nobody waits for it to be."""
    (file,) = manifest.load(data).files
    (data / file.path).unlink()
    rows = ColdRows(data)
    assert rows.damaged("rows", 0, ALWAYS_MS) == 1
    assert rows.find("rows", lookup_trees.ids("rows"), 0, ALWAYS_MS) == []
    assert compare.reconcile(data) == []

    for number in range(3, 9):
        deliver(data, NOON_MS, [event(number)])
        result = compact(data, NOW, NOW)
        assert (result.rows, result.unreadable) == (1, {file.path: MISSING})
    assert file in manifest.load(data).files


def test_an_erasure_is_held_up_by_a_file_that_is_not_there(data: Path) -> None:
    (file,) = manifest.load(data).files
    (data / file.path).unlink()
    with closing(SqliteErasureStore(data / erasures.FILE)) as store:
        store.add(
            Erasure(
                erasure_id="1", project_id="p1", customer_hash="c" * 64, requested_ms=NOON_MS,
                key_id="k", customer_identifier="customer",
            )
        )  # fmt: skip
    held_up = job.work(data, NOW, NOW).held_up
    assert held_up == [f"{file.path}: {MISSING}"]
