"""Removes what no longer counts: files that the manifest does not name, objects that are cold.

Only under the compaction's lock: a file without a name in the manifest is then nobody's work. What
is damaged keeps its name, and the objects that a damaged file was made of are kept as well.
"""

from calendar import timegm
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import strptime

from openbunker.core.times import MINUTE_MS
from openbunker_local.cold import manifest as manifests
from openbunker_local.cold.manifest import FOLDER, SUFFIX, ColdFile, Manifest
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.id_index import IdIndex

# Rows arrive a little after they were received; a clock may have stepped between.
SLACK_MS = 60 * MINUTE_MS
Whole = Callable[[Sequence[ColdFile]], bool]


def sweep(data: Path, manifest: Manifest, disk: Disk, whole: Whole) -> Manifest:
    """Remove what an earlier run has replaced, or a crash left; return the manifest as it is now.

    Objects leave `done` only once they are gone: the other way round they would be hot again.
    They go once the files that may hold their rows were read anew from the disk.
    """
    for path in _unnamed(data, manifest):
        disk.remove(path)
    if not manifest.done or not whole(_files_of(manifest)):
        return manifest
    for name in sorted(manifest.done):
        disk.remove(data / name)
    _remove_empty({(data / name).parent for name in manifest.done})
    IdIndex(data).clean()
    manifest = replace(manifest, done=frozenset())
    manifests.save(data, manifest, disk)
    return manifest


def _files_of(manifest: Manifest) -> list[ColdFile]:
    """Return the files that can hold rows of the objects that are done."""
    oldest = min(_minute_ms(name) for name in manifest.done)
    return [file for file in manifest.files if file.max_received_ms >= oldest - SLACK_MS]


def _minute_ms(name: str) -> int:
    _, day, minute, _ = name.split("/")
    return timegm(strptime(day + minute, "dt=%Y-%m-%dhm=%H%M")) * 1000


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
