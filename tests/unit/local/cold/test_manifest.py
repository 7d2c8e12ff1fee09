"""The manifest: replaced whole or not at all, and never taken for an empty one when it is not."""

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.chaos.faults.table import Operation
from openbunker_local.cold import manifest
from openbunker_local.cold.manifest import ColdFile, Manifest, ManifestNewer, ManifestUnreadable
from openbunker_local.stream.disk import Disk
from tests.support.embedded import BROKEN, FULL, FailingDisk

FILE = ColdFile(
    path="cold/dt=2026-01-02/1.parquet",
    kind="rows",
    day="2026-01-02",
    rows=3,
    bytes=1_000,
    min_timestamp_ms=1,
    max_timestamp_ms=2,
    min_received_ms=3,
    max_received_ms=4,
)
SOME = Manifest(compacted_to_ms=60_000, files=(FILE,), done=frozenset({"hot/a", "hot/b"}))

times = st.integers(-(2**63), 2**63 - 1)
files = st.builds(
    ColdFile,
    path=st.text(max_size=20),
    kind=st.sampled_from(["rows", "copies", "erased"]),
    day=st.text(max_size=10),
    rows=times,
    bytes=times,
    min_timestamp_ms=times,
    max_timestamp_ms=times,
    min_received_ms=times,
    max_received_ms=times,
    crc32=st.none() | st.integers(0, 2**32 - 1),
)
manifests = st.builds(
    Manifest,
    compacted_to_ms=times,
    files=st.lists(files, max_size=3).map(tuple),
    done=st.frozensets(st.text(max_size=20), max_size=3),
)


def test_a_folder_that_was_never_compacted_has_an_empty_manifest(tmp_path: Path) -> None:
    assert manifest.load(tmp_path) == Manifest()


@given(manifests)
def test_what_is_saved_is_what_is_loaded(it: Manifest) -> None:
    with TemporaryDirectory() as folder:
        manifest.save(Path(folder), it, Disk())
        assert manifest.load(Path(folder)) == it


@pytest.mark.parametrize("operation", [Operation.MAKE_FOLDER, Operation.PUBLISH])
@pytest.mark.parametrize("number", [FULL, BROKEN])
def test_when_the_disk_refuses_the_old_one_counts(
    tmp_path: Path, operation: Operation, number: int
) -> None:
    manifest.save(tmp_path, SOME, Disk())
    disk = FailingDisk()
    disk.failing[operation] = number
    with pytest.raises(OSError):
        manifest.save(tmp_path, Manifest(), disk)
    assert manifest.load(tmp_path) == SOME


def test_a_half_written_one_beside_it_is_not_looked_at(tmp_path: Path) -> None:
    manifest.save(tmp_path, SOME, Disk())
    (tmp_path / "cold" / ".manifest.json.part").write_text('{"version":1,"fil')
    assert manifest.load(tmp_path) == SOME


def test_a_torn_one_is_an_error_wherever_it_ends(tmp_path: Path) -> None:
    manifest.save(tmp_path, SOME, Disk())
    file = tmp_path / "cold" / "manifest.json"
    whole = file.read_bytes()
    for end in range(len(whole) - 1):  # all but the newline
        file.write_bytes(whole[:end])
        with pytest.raises(ManifestUnreadable, match=r"manifest\.json is not a manifest"):
            manifest.load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"version": 1},
        {"version": 1, "compacted_to_ms": 0, "files": [{"path": "x"}], "done": []},
        {"version": 1, "compacted_to_ms": None, "files": [], "done": []},
    ],
)
def test_json_that_is_no_manifest_is_an_error(tmp_path: Path, content: object) -> None:
    (tmp_path / "cold").mkdir()
    (tmp_path / "cold" / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(ManifestUnreadable):
        manifest.load(tmp_path)


def test_another_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "cold").mkdir()
    text = b'{"version":3,"tables":[]'
    ending = b',"checksum":"%08x"}' % crc32(text)
    (tmp_path / "cold" / "manifest.json").write_bytes(text + ending)
    with pytest.raises(ManifestNewer, match="version 3, and this openbunker knows version 2"):
        manifest.load(tmp_path)


def test_a_flipped_bit_is_an_error_wherever_it_is(tmp_path: Path) -> None:
    """Else a flipped digit of a time would hide a file, and nobody would know."""
    manifest.save(tmp_path, SOME, Disk())
    file = tmp_path / "cold" / "manifest.json"
    whole = file.read_bytes()
    for bit in range((len(whole) - 1) * 8):  # all but the newline
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        file.write_bytes(content)
        with pytest.raises(ManifestUnreadable):
            manifest.load(tmp_path)


def test_the_first_version_is_read_and_becomes_the_newest(tmp_path: Path) -> None:
    old = asdict(SOME) | {"version": 1, "done": sorted(SOME.done)}
    for one in old["files"]:
        del one["crc32"]
    (tmp_path / "cold").mkdir()
    (tmp_path / "cold" / "manifest.json").write_text(json.dumps(old))

    assert manifest.load(tmp_path) == SOME

    manifest.save(tmp_path, manifest.load(tmp_path), Disk())
    kept = json.loads((tmp_path / "cold" / "manifest.json").read_text())
    assert (kept["version"], kept["files"][0]["crc32"]) == (2, None)


def test_cold_files_without_a_manifest_are_not_an_empty_store(tmp_path: Path) -> None:
    file = tmp_path / FILE.path
    file.parent.mkdir(parents=True)
    file.touch()
    with pytest.raises(ManifestUnreadable, match="missing"):
        manifest.load(tmp_path)


def test_files_are_found_by_kind() -> None:
    assert SOME.of("rows") == (FILE,)
    assert SOME.of("copies") == ()
