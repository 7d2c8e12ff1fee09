"""Which cold files a run may rest on. One that is damaged is named, left out, and never replaced.

Whoever writes files anew asks here first: what is read from a damaged file must not take its place.
"""

from collections.abc import MutableMapping, Sequence
from dataclasses import replace

import duckdb

from openbunker_local.cold import lookup_trees
from openbunker_local.cold.checksums import Checksums, crc_of
from openbunker_local.cold.manifest import ColdFile
from openbunker_local.compaction.writer import Writer

GONE = "it is damaged"
_NOT_THE_FILE = (duckdb.OutOfMemoryException, duckdb.InterruptException, duckdb.BinderException)


class Checked:
    """Adds what is damaged to `unreadable`, by name. One thread uses it."""

    def __init__(self, writer: Writer, unreadable: MutableMapping[str, str]) -> None:
        self._writer = writer
        self._unreadable = unreadable
        self._checksums = Checksums(writer.data)

    def usable(self, files: Sequence[ColdFile]) -> list[ColdFile]:
        """Return the files that are not known to be damaged."""
        return [file for file in files if file.path not in self._unreadable]

    def whole(self, files: Sequence[ColdFile]) -> bool:
        """Return whether files are as they were written. Raises OSError."""
        good = self._checksums.whole_files(files, lambda: files)  # its own to take away
        problems = self._checksums.damaged()
        bad = [file for file in files if file not in good]
        self._unreadable.update({file.path: problems.get(file.path, GONE) for file in bad})
        return not bad

    def summed(self, files: Sequence[ColdFile]) -> dict[str, ColdFile]:
        """Return those without a checksum with theirs, by path. Raises OSError."""
        found: dict[str, ColdFile] = {}
        for file in files:
            if file.crc32 is None and self.whole([file]) and self._is_readable(file):
                found[file.path] = replace(file, crc32=crc_of(self._writer.data / file.path))
        return found

    def _is_readable(self, file: ColdFile) -> bool:
        """Return whether all of a file can be read: the only test without a checksum."""
        path = str(self._writer.data / file.path)
        try:
            ((_, rows),) = self._writer.database.run(lookup_trees.all_of(), files=[path])
        except _NOT_THE_FILE:
            raise
        except duckdb.Error as error:
            self._unreadable[file.path] = str(error).splitlines()[0].replace(path, "it")
            return False
        if rows != file.rows:
            self._unreadable[file.path] = f"it has {rows} rows, and {file.rows} were written"
        return bool(rows == file.rows)
