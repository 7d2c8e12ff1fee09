"""The data folder as a whole: made durably, and of a format that this release knows.

`DATA/format.json` says which: a release that changes how anything lies in the folder counts it up.
Folders of before it existed have none; they open, and get it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from openbunker_local.stream.disk import Disk

FILE = "format.json"
# 1: without this file, without checksums of cold and of spilled files. 2: with them.
FORMAT = 2


class FolderNewer(Exception):
    """A newer release has written the data folder: this one would misread it."""


def hold_known(data: Path) -> None:
    """Raise FolderNewer, or OSError when nobody can say; a folder that is not there is fine."""
    file = data / FILE
    try:
        version = json.loads(file.read_bytes())["format"]
    except FileNotFoundError:
        return
    except (ValueError, TypeError, KeyError) as error:
        text = f'{file} is damaged: write {{"format": {FORMAT}}} into it if this release was last'
        raise OSError(text) from error
    if not isinstance(version, int) or version > FORMAT:
        text = f"{data} was written by a newer release (format {version}, known is {FORMAT})"
        raise FolderNewer(f"{text}: run that one, or restore a backup of before")


def is_marked(data: Path) -> bool:
    """Return whether a folder has its format: then all of its stores were made before."""
    return (data / FILE).exists()


def hold_stores(data: Path, names: Sequence[str]) -> None:
    """Raise OSError when a store is gone or empty: a new one would have forgotten everything."""
    for name in names:
        file = data / name
        if not file.exists() or not file.stat().st_size:
            raise OSError(f"{file} is gone or empty; restore it from a backup")


def mark(data: Path, disk: Disk) -> None:
    """Write the format of this release into a folder, unless it is there. Raises OSError.

    The last thing that is done to a new folder, once its stores are made.
    """
    file, content = data / FILE, json.dumps({"format": FORMAT}).encode() + b"\n"
    if file.exists() and file.read_bytes() == content:
        return
    part = file.with_name(f".{FILE}.part")
    with disk.open_new(part) as written:
        written.write(content)
    disk.publish(part, file)
