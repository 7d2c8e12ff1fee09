"""All files of a data folder that have a checksum of their own, read one after the other.

What the scrubber of a server and an audit by hand have in common. Writes and deletes nothing.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from openbunker.core import layout
from openbunker_local.cold.checksums import MISSING, Checksums, object_problem, problem_of
from openbunker_local.cold.manifest import Manifest
from openbunker_local.stream import damaged
from openbunker_local.stream.delivered import ALWAYS_MS, objects

_PLACES = ((Path(), layout.HOT), (Path(), layout.REFUSED), (Path("books"), layout.HOT))
ASIDE = "a part of it could not be read; it was set aside"


def look_at_all(data: Path, checksums: Checksums, manifest: Manifest) -> Iterator[int]:
    """Read file after file; yield how many bytes each took. Raises OSError."""
    data = data.resolve()
    for root, place in _PLACES:
        for path in objects(data / root, 0, ALWAYS_MS, place):
            checksums.look_at(str(path), object_problem)
            yield _size(path)
    for file in reversed(manifest.files):
        path = data / file.path
        if path.exists():
            checksums.look_at(str(path), partial(problem_of, file))
        else:
            checksums.note(str(path), MISSING)
        yield file.bytes


def problems(data: Path, manifest: Manifest) -> dict[str, str]:
    """Return every file that is not as it was written, and why, by its name. Raises OSError."""
    checksums = Checksums(data)
    for _ in look_at_all(data, checksums, manifest):
        pass
    return checksums.damaged()


def set_aside(data: Path) -> dict[str, str]:
    """Return the files that were set aside; whether anything was lost with them the books tell."""
    return {path.relative_to(data).as_posix(): ASIDE for path in damaged.files(data)}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
