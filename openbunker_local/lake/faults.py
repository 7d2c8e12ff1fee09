"""What an error of DuckDB means: a file that is damaged, a fault of the machine, a wrong statement.

A machine's fault is never told as the user's, and no text that names a file of ours leaves here as
a statement's. Holds no SQL.
"""

import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from openbunker.core.errors import QueryUnavailable
from openbunker.query.engine import StatementRejected
from openbunker_local.lake.files import Files, LakeFiles
from openbunker_local.lake.limits import unavailable

# What DuckDB raises of a machine, of itself, or of bytes; anything else is of the statement.
_MACHINE = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
    duckdb.InternalException,
    duckdb.FatalException,
)
_STATEMENT = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
)
# What says nothing of any file: the memory or the time that a statement may take is over.
_NO_ROOM = (duckdb.OutOfMemoryException, duckdb.InterruptException)
# Statements that are wrong must not have all files read again each time.
LOOK_EVERY_SECONDS = 10.0


def meant(error: duckdb.Error, data: Path) -> QueryUnavailable | StatementRejected:
    """Return what to raise for an error of a statement over a data folder."""
    if isinstance(error, _MACHINE) or str(data) in str(error):
        return unavailable(error)
    return StatementRejected(str(error))


class Suspects:
    """Looks whether files have become damaged since they were found whole, after an error.

    `read` reads all of a cold file and raises duckdb.Error: the only test for one of an earlier
    release, which has no checksum.
    """

    def __init__(
        self, read: Callable[[str], None], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._monotonic = monotonic
        self._looked = float("-inf")

    def any_damaged(self, lake: LakeFiles, files: Files, error: duckdb.Error) -> bool:
        """Return whether one of the files is damaged; it is left out from now on."""
        if isinstance(error, _NO_ROOM):
            return False
        used = files.paths
        named = any(path in str(error) for path in used)
        if not named and (isinstance(error, _STATEMENT) or not self._due()):
            return False
        before = len(lake.checksums.damaged())
        lake.checksums.look_again(used)
        lake.checksums.whole_objects(files.hot)
        cold = [one for one in lake.manifest().files if f"{lake.data}/{one.path}" in used]
        for file in lake.checksums.whole_files(cold, lambda: lake.manifest().files):
            if file.crc32 is None:
                self._try(lake, f"{lake.data}/{file.path}")
        return len(lake.checksums.damaged()) > before

    def _due(self) -> bool:
        now = self._monotonic()
        if now - self._looked < LOOK_EVERY_SECONDS:
            return False
        self._looked = now
        return True

    def _try(self, lake: LakeFiles, path: str) -> None:
        try:
            self._read(path)
        except _NO_ROOM:
            return
        except duckdb.Error as error:
            lake.checksums.note(path, str(error).splitlines()[0].replace(path, "it"))
