"""What was set aside because a part of it cannot be read: `stream/damaged/`. Deletes nothing.

Files of frames of which some are not whole. The whole ones were delivered before; the file stays
as it was, for whoever wants to mend it or to take it away.
"""

from collections.abc import Iterator
from pathlib import Path

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
