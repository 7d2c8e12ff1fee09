"""A backup of a data folder, beside a running server and its compaction. Takes no lock.

What was answered is in it, and its books close. The books come first and the store after them, each
place before the one that its rows go to; the manifest is read after the objects, and the names of
what is in the backup come last: a backup without them is not finished.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from openbunker.core import layout
from openbunker_local import demo
from openbunker_local.backup.copying import Copier, Unfinished, copy_sqlite
from openbunker_local.backup.listing import save
from openbunker_local.cold import manifest
from openbunker_local.cold.manifest import ColdFile, Manifest
from openbunker_local.sqlite import desk, erasures, usage
from openbunker_local.stream import damaged, folder, spill
from openbunker_local.stream.delivered import ALWAYS_MS, objects
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.undelivered import ROOMS

BOOKS = Path("books")
# Who is erased comes last, so that a row in the backup is never newer than what hides it.
STORES = (desk.FILE, usage.FILE, erasures.FILE)
FILES = (demo.FILE, folder.FILE)
# How often the manifest is read anew when files were merged away while they were copied.
ATTEMPTS = 20


def take(
    data: Path, target: Path, now_ms: int, told: Callable[[str], None] = lambda _: None
) -> dict[str, str]:
    """Copy a folder; return what of it is damaged, and why: that is in the backup as it lies.

    `target` is not there yet, or is an empty folder. Raises OSError, FolderNewer and
    ManifestUnreadable: nobody could say then which cold files count.
    """
    folder.hold_known(data)
    manifest.load(data)  # before anything is copied
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty: name a folder that is not there yet")
    disk = Disk()
    disk.make_folder(target)
    copier = Copier(data, target, disk)
    for step in (_books, _waiting, _objects, _cold, _stores):
        told(step.__name__.strip("_"))
        step(copier)
    save(target, now_ms, copier.listed, disk)
    return copier.damaged


def take_erasures(data: Path, file: Path) -> None:
    """Copy who is erased into a file, in place of what was there. Raises OSError."""
    disk, part = Disk(), file.with_name(f".{file.name}.part")
    disk.remove(part)
    copy_sqlite(data / erasures.FILE, part)
    disk.publish(part, file)


def _books(copier: Copier) -> None:
    for path in sorted((copier.data / BOOKS / ROOMS[0]).glob("*.journal")):
        copier.frames(path)
    _all(copier, objects(copier.data / BOOKS, 0, ALWAYS_MS))


def _waiting(copier: Copier) -> None:
    """Copy the spill before the journal: a row goes from the one to the other."""
    _all(copier, spill.files(copier.data))
    for room in ROOMS:
        for path in sorted((copier.data / room).glob("*.journal")):
            copier.frames(path)
    _all(copier, damaged.files(copier.data))


def _objects(copier: Copier) -> None:
    for place in (layout.HOT, layout.REFUSED):
        _all(copier, objects(copier.data, 0, ALWAYS_MS, place))


def _all(copier: Copier, paths: Iterator[Path] | list[Path]) -> None:
    for path in paths:
        copier.whole(path)  # what is gone went on to a place that is copied later


def _cold(copier: Copier) -> None:
    """Copy the files of one manifest, and that; begin anew when one was merged away meanwhile."""
    for _ in range(ATTEMPTS):
        found = manifest.load(copier.data)
        gone = [file for file in found.files if not copier.cold(file)]
        if not gone or manifest.load(copier.data) == found:
            _keep(copier, found, gone)
            return
    raise Unfinished("cold files were merged away again and again while they were copied")


def _keep(copier: Copier, found: Manifest, gone: list[ColdFile]) -> None:
    """Write the manifest. A file that is gone although it is named stays named: it is missed."""
    for file in gone:
        copier.damaged[file.path] = "it is not there"
    copier.drop_others({file.path for file in found.files})
    if (copier.data / manifest.FOLDER / manifest.FILE).exists():
        manifest.save(copier.target, found, copier.disk)
        copier.note(copier.target / manifest.FOLDER / manifest.FILE)


def _stores(copier: Copier) -> None:
    for name in STORES:
        copier.sqlite(name)
    for name in FILES:
        copier.whole(copier.data / name)
