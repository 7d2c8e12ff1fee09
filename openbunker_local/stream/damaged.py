"""What was set aside because a part of it cannot be read: `stream/damaged/`. Deletes nothing.

Files of frames of which some are not whole. The whole ones were delivered before; the file stays
as it was, for whoever wants to mend it or to take it away.
"""

from collections.abc import Iterator
from pathlib import Path

from openbunker_local.stream import frames
from openbunker_local.stream.disk import Disk

FOLDER = Path("stream") / "damaged"
# The streams of a data folder: events, the books, and what was refused share the first one's.
ROOTS = (Path(), Path("books"))


def set_aside(root: Path, path: Path, disk: Disk) -> None:
    """Move a file of a stream rooted at `root` out of its way. Raises OSError."""
    folder = root / FOLDER
    disk.make_folder(folder)
    disk.move(path, folder / path.name)
    disk.sync_folder(folder)


def files(data: Path) -> Iterator[Path]:
    """Yield what was set aside in a data folder."""
    for root in ROOTS:
        folder = data / root / FOLDER
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if path.is_file())


class Losses:
    """Names the files of events set aside of which a part was whole once. Threads may share it.

    An end that is cut off is not among them: a crash leaves such, and nobody was told of it.
    """

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER
        self._known: tuple[int, frozenset[str]] = (0, frozenset())

    def __call__(self) -> frozenset[str]:
        """Return them, below the data folder. Raises OSError."""
        try:
            changed_ns = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return frozenset()
        if self._known[0] != changed_ns:
            lost = [path.name for path in self._folder.iterdir() if _lost(path)]
            self._known = changed_ns, frozenset((FOLDER / name).as_posix() for name in lost)
        return self._known[1]


def _lost(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            found = list(frames.scan(file, path.stat().st_size))
    except FileNotFoundError:
        return False
    return any(isinstance(one, frames.Gap) and not one.cut_off for one in found)
