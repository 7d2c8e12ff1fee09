"""A backup becomes a data folder: compared file by file, copied whole, and named last.

Erasures that came after the backup are asked for again, from wherever they were kept: their rows
are in the backup, and nobody may see them. The folder gets its name when that is done.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from openbunker_local.backup import erased, listing
from openbunker_local.backup.listing import NoBackup
from openbunker_local.stream import folder
from openbunker_local.stream.disk import Disk


def restore(
    backup: Path, data: Path, erasures: Sequence[Path] = (), *, damaged_too: bool = False
) -> tuple[int, dict[str, str]]:
    """Make a data folder of a backup; return how many later erasures it has, and what is damaged.

    `erasures` are data folders, backups, or files of erasures. With `damaged_too` a file that is
    not as it was written is left out, where it stops everything. Raises NoBackup and OSError; then
    there is no folder `data`.
    """
    folder.hold_known(backup)
    kept = listing.load(backup)
    bad = listing.problems(backup, kept)
    if bad and not damaged_too:
        name, problem = next(iter(bad.items()))
        raise NoBackup(f"{len(bad)} files of {backup} are damaged: {name}: {problem}")
    if data.exists() and any(data.iterdir()):
        raise FileExistsError(f"{data} is not empty: name a folder that is not there yet")
    disk, making = Disk(), data.with_name(f".{data.name}.restoring")
    shutil.rmtree(making, ignore_errors=True)  # what an earlier try left
    disk.make_folder(making)
    try:
        for name in sorted(set(kept) - set(bad)):
            _copy(backup / name, making / name, disk)
        later = erased.again(making, erasures)
        if data.exists():
            data.rmdir()
        making.rename(data)
    except OSError:
        shutil.rmtree(making, ignore_errors=True)
        raise
    disk.sync_folder(data.parent)
    return later, bad


def _copy(source: Path, target: Path, disk: Disk) -> None:
    disk.make_folder(target.parent)
    shutil.copyfile(source, target)
    with target.open("rb") as copied:
        os.fsync(copied.fileno())
    disk.sync_folder(target.parent)
