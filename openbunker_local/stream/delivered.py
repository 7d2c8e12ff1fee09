"""The delivered objects of a folder, by time of arrival. Lists and reads files; writes none.

Knows the layout's folders and nothing of what an object holds.
"""

import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from openbunker.core import layout

ALWAYS_MS = 253_402_300_799_000  # the end of year 9999


def objects(root: Path, from_ms: int, to_ms: int, place: str = layout.HOT) -> Iterator[Path]:
    """Yield the objects whose time of arrival is within the two times, in their order.

    `root` holds the place. An object that is being written has another suffix and is left out.
    """
    first, last = layout.arrivals(place, max(0, from_ms), max(0, to_ms))
    for day in _children(root / place, f"dt={first[0]}", f"dt={last[0]}"):
        begin = first[1] if day.name == f"dt={first[0]}" else ""
        end = last[1] if day.name == f"dt={last[0]}" else "~"
        for minute in _children(Path(day.path), f"hm={begin}", f"hm={end}"):
            for file in _children(Path(minute.path), "", "~"):
                if file.name.endswith(layout.SUFFIX):
                    yield Path(file.path)


def content(path: Path) -> bytes:
    """Return the lines of an object; none when it was taken away meanwhile, or is damaged."""
    try:
        return gzip.decompress(path.read_bytes())
    except (FileNotFoundError, gzip.BadGzipFile, EOFError, zlib.error):
        return b""


def _children(folder: Path, first: str, last: str) -> list[os.DirEntry[str]]:
    """Return a folder's entries from one name to another, sorted; none when it is not there."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if first <= entry.name <= last]
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda entry: entry.name)
