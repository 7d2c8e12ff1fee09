"""The manifest of the cold events: which files count, and which hot objects are in them.

`DATA/cold/manifest.json` is the only truth: a file that it does not name is not there. It is
replaced as a whole, which is what commits a run. It ends with its own checksum, for a flipped
digit in it would hide a file. No DuckDB here, and nothing of what rows hold.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from zlib import crc32

from openbunker_local.stream.disk import Disk

FOLDER = "cold"
FILE = "manifest.json"
# Version 1 had no checksums: neither its own, nor those of files.
VERSION, OLDEST = 2, 1
SUFFIX = ".parquet"

# rows: events, one per (project, dedupe key). copies: events that were dropped because another
# one came first. erased: ids of events that were removed for good, so that the books still close.
Kind = Literal["rows", "copies", "erased"]


_SUM = b',"checksum":"'


class ManifestUnreadable(Exception):
    """The manifest is damaged, missing beside cold files, or of another version."""


class ManifestNewer(ManifestUnreadable):
    """A newer release has written the manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdFile:
    """A file that counts. `path` is relative to DATA, with `/`; times are ms since the epoch.

    `day` is the partition of rows (`layout.cold_day`) and empty for the other kinds, which also
    have no timestamps: theirs are 0. `crc32` is that of the file's bytes; None until a compaction
    has looked at a file of an earlier release.
    """

    path: str
    kind: Kind
    day: str
    rows: int
    bytes: int
    min_timestamp_ms: int
    max_timestamp_ms: int
    min_received_ms: int
    max_received_ms: int
    crc32: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What counts. `done` are hot objects, relative to DATA, whose events the files hold.

    They are deleted after the commit and leave `done` after that. Every arrival before
    `compacted_to_ms` was looked at; an object that came into an older minute later is still hot.
    """

    compacted_to_ms: int = 0
    files: tuple[ColdFile, ...] = ()
    done: frozenset[str] = field(default_factory=frozenset)

    def of(self, kind: Kind) -> tuple[ColdFile, ...]:
        """Return the files of one kind."""
        return tuple(file for file in self.files if file.kind == kind)


def load(data: Path) -> Manifest:
    """Return the manifest of a data folder; an empty one when nothing was ever compacted.

    Raises ManifestUnreadable. Cold files without a manifest are no empty store: whoever took it
    for one would count their events as gone.
    """
    file = data / FOLDER / FILE
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        if any((data / FOLDER).glob(f"**/[!.]*{SUFFIX}")):
            raise ManifestUnreadable(f"{file} is missing, but cold files are there") from None
        return Manifest()
    except OSError as error:
        raise ManifestUnreadable(f"{file} cannot be read: {error}") from error
    try:
        return _decoded(json.loads(text), text)
    except _Newer as error:
        raise ManifestNewer(f"{file}: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ManifestUnreadable(f"{file} is not a manifest: {error}") from error


def save(data: Path, manifest: Manifest, disk: Disk) -> None:
    """Replace the manifest, durable on return. Raises OSError: then the old one still counts."""
    whole = data / FOLDER / FILE
    part = whole.with_name(f".{FILE}.part")
    disk.make_folder(whole.parent)
    with disk.open_new(part) as file:
        file.write(_encoded(manifest))
    disk.publish(part, whole)


class _Newer(Exception):
    """The content is of a version that is not known yet."""


def _encoded(manifest: Manifest) -> bytes:
    content = asdict(manifest) | {"version": VERSION, "done": sorted(manifest.done)}
    text = json.dumps(content, separators=(",", ":")).encode()[:-1]
    return text + _SUM + b'%08x"}\n' % crc32(text)


def _decoded(content: dict[str, Any], text: bytes) -> Manifest:
    version = content["version"]
    if version == VERSION or "checksum" in content:
        _hold_sum(content, text)
    if version > VERSION:
        told = f"it has version {version}, and this openbunker knows version {VERSION}"
        raise _Newer(f"{told}; a newer release wrote it")
    if version < OLDEST:
        raise ValueError(f"there is no version {version}")
    return Manifest(
        compacted_to_ms=int(content["compacted_to_ms"]),
        files=tuple(ColdFile(**file) for file in content["files"]),
        done=frozenset(content["done"]),
    )


def _hold_sum(content: dict[str, Any], text: bytes) -> None:
    if content["checksum"] != f"{crc32(text[: text.rindex(_SUM)]):08x}":
        raise ValueError("its checksum does not fit")
