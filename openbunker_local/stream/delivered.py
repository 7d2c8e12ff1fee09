"""The delivered objects of a folder, by minute of arrival. Lists and reads files; writes none.

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
    """Yield the objects whose minute of arrival is within the two times, in their order.

    `root` holds the place. An object that is being written has another suffix and is left out.
    """
    first_day, first_minute = _partition(from_ms)
    last_day, last_minute = _partition(to_ms)
    for day in _children(root / place, first_day, last_day):
        first = first_minute if day.name == first_day else ""
        last = last_minute if day.name == last_day else "hm=~"
        for minute in _children(Path(day.path), first, last):
            for file in _children(Path(minute.path), "", "~"):
                if file.name.endswith(layout.SUFFIX):
                    yield Path(file.path)


def content(path: Path) -> bytes:
    """Return the lines of an object; none when it was taken away meanwhile, or is damaged."""
    try:
        return gzip.decompress(path.read_bytes())
    except (FileNotFoundError, gzip.BadGzipFile, EOFError, zlib.error):
        return b""


def _partition(at_ms: int) -> tuple[str, str]:
    _, day, minute, _ = layout.hot_prefix(max(0, at_ms)).split("/")
    return day, minute


def _children(folder: Path, first: str, last: str) -> list[os.DirEntry[str]]:
    """Return a folder's entries from one name to another, sorted; none when it is not there."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if first <= entry.name <= last]
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda entry: entry.name)
