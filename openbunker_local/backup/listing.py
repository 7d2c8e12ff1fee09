"""`backup.json`: what is in a backup, with the checksum of each file. Written last, read first."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from openbunker_local.cold.checksums import crc_of
from openbunker_local.stream.disk import Disk

FILE = "backup.json"
VERSION = 1


class NoBackup(OSError):
    """A folder is no backup, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was written into the backup."""

    bytes: int
    crc32: int


def save(target: Path, taken_ms: int, files: Mapping[str, Kept], disk: Disk) -> None:
    """Write the listing, durable on return. Raises OSError."""
    content = {
        "version": VERSION,
        "taken_ms": taken_ms,
        "files": {name: asdict(kept) for name, kept in sorted(files.items())},
    }
    part = target / f".{FILE}.part"
    with disk.open_new(part) as file:
        file.write(json.dumps(content, indent=1).encode() + b"\n")
    disk.publish(part, target / FILE)


def load(backup: Path) -> dict[str, Kept]:
    """Return what a backup holds. Raises NoBackup."""
    try:
        content = json.loads((backup / FILE).read_bytes())
        if content["version"] > VERSION:
            raise NoBackup(f"{backup} was taken by a newer release")
        return {name: Kept(**kept) for name, kept in content["files"].items()}
    except FileNotFoundError:
        raise NoBackup(f"{backup} is no finished backup: {FILE} is not there") from None
    except (ValueError, TypeError, KeyError) as error:
        raise NoBackup(f"{backup / FILE} is damaged") from error


def problems(backup: Path, files: Mapping[str, Kept]) -> dict[str, str]:
    """Return the files that are not as they were written, and why. Raises OSError."""
    found = {}
    for name, kept in files.items():
        path = backup / name
        if not path.is_file():
            found[name] = "it is not there"
        elif path.stat().st_size != kept.bytes or crc_of(path) != kept.crc32:
            found[name] = "it is not as it was written"
    return found
