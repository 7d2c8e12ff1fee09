"""Removes what no longer counts: files that the manifest does not name, objects that are cold.

Only under the compaction's lock: a file without a name in the manifest is then nobody's work.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from openbunker_local.cold import manifest as manifests
from openbunker_local.cold.manifest import FOLDER, SUFFIX, Manifest
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.id_index import IdIndex


def sweep(data: Path, manifest: Manifest, disk: Disk) -> Manifest:
    """Remove what an earlier run has replaced, or a crash left; return the manifest as it is now.

    Objects leave `done` only once they are gone: the other way round they would be hot again.
    """
    for path in _unnamed(data, manifest):
        disk.remove(path)
    if not manifest.done:
        return manifest
    for name in sorted(manifest.done):
        disk.remove(data / name)
    _remove_empty({(data / name).parent for name in manifest.done})
    IdIndex(data).clean()
    manifest = replace(manifest, done=frozenset())
    manifests.save(data, manifest, disk)
    return manifest


def _unnamed(data: Path, manifest: Manifest) -> list[Path]:
    named = {data / file.path for file in manifest.files}
    parts = (f"*/*{SUFFIX}", f"*/.*{SUFFIX}.part")
    found = [path for pattern in parts for path in (data / FOLDER).glob(pattern)]
    return [path for path in found if path not in named]


def _remove_empty(minutes: Iterable[Path]) -> None:
    """Remove folders without an object, minutes and then days. A delivery makes its own again."""
    folders = sorted(minutes)
    for folder in folders + sorted({minute.parent for minute in folders}):
        with suppress(OSError):  # another object came, or another one's folder
            folder.rmdir()
