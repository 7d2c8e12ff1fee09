"""Rows of a data folder that no object holds yet: the stream's journal and the spill.

Reads files while a server may be moving them. An event goes from the spill to the journal to an
object, each step before the next is taken away: who reads in that order misses none.
"""

from collections.abc import Iterator
from pathlib import Path

from openbunker.query.receipts import Place
from openbunker_local.stream import frames, spill

JOURNAL = Path("stream") / "journal"
REFUSED_JOURNAL = Path("stream") / "refused" / "journal"
ROOMS = (JOURNAL, REFUSED_JOURNAL)


def waiting(data: Path) -> Iterator[tuple[Place, Path, bytes]]:
    """Yield place, file and lines of everything that was answered and is in no object."""
    for path in spill.files(data):
        yield Place.SPILL, path, _spilled(path)
    for path in sorted((data / JOURNAL).glob("*.journal")):
        yield Place.JOURNAL, path, framed(path)


def oldest_ms(data: Path) -> int | None:
    """Return when the oldest record arrived that is in the journal; None when there is none."""
    names = (path.name for path in (data / JOURNAL).glob("*.journal"))
    return min((int(name.partition("_")[0]) for name in names), default=None)


def framed(path: Path) -> bytes:
    """Return the payloads of a segment, joined; nothing when it was taken away."""
    try:
        with path.open("rb") as file:
            return b"".join(frames.read(file, path.stat().st_size))
    except FileNotFoundError:
        return b""


def unreadable(data: Path) -> bool:
    """Return whether a part of what waits cannot be read: it may be anybody's."""
    spilled = (spill.content(path).whole for path in spill.files(data) if path.exists())
    journals = (path for room in ROOMS for path in (data / room).glob("*.journal"))
    return not all(spilled) or any(map(_torn, journals))


def _torn(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            found = frames.scan(file, path.stat().st_size)
            return any(isinstance(one, frames.Gap) for one in found)
    except FileNotFoundError:
        return False


def _spilled(path: Path) -> bytes:
    try:
        return b"".join(record.data for record in spill.content(path).records)
    except FileNotFoundError:
        return b""
