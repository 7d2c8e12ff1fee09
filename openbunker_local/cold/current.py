"""The manifest as it is now, for readers: read anew when it was replaced. Holds no lock."""

from pathlib import Path

from openbunker.core.errors import StoreDamaged
from openbunker_local.cold.manifest import FILE, FOLDER, Manifest, ManifestUnreadable, load


class CurrentManifest:
    """The manifest of a data folder. Safe to use from several threads."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._known: tuple[tuple[int, ...], Manifest] | None = None

    @property
    def mark(self) -> str:
        """What changes whenever the manifest is replaced."""
        return str(_mark(self._data / FOLDER / FILE))

    def __call__(self) -> Manifest:
        """Return it. Raises StoreDamaged when it cannot be read."""
        mark, known = _mark(self._data / FOLDER / FILE), self._known
        if known and known[0] == mark:
            return known[1]
        try:
            found = load(self._data)
        except ManifestUnreadable as error:
            raise StoreDamaged(str(error)) from error
        self._known = (mark, found) if mark else None
        return found


def _mark(file: Path) -> tuple[int, ...] | None:
    """Return what changes whenever a file is replaced; None when it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
