"""The manifest: replaced whole or not at all, and never taken for an empty one when it is not."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.chaos.faults.table import Operation
from openbunker_local.cold import manifest
from openbunker_local.cold.manifest import ColdFile, Manifest, ManifestUnreadable
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
    (tmp_path / "cold" / "manifest.json").write_text('{"version":2,"tables":[]}')
    with pytest.raises(ManifestUnreadable, match="version 2, and this openbunker knows version 1"):
        manifest.load(tmp_path)


def test_cold_files_without_a_manifest_are_not_an_empty_store(tmp_path: Path) -> None:
    file = tmp_path / FILE.path
    file.parent.mkdir(parents=True)
    file.touch()
    with pytest.raises(ManifestUnreadable, match="missing"):
        manifest.load(tmp_path)


def test_files_are_found_by_kind() -> None:
    assert SOME.of("rows") == (FILE,)
    assert SOME.of("copies") == ()
