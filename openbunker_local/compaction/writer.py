"""Writes cold files: whole, synced and under a name of their own, before anybody names them.

A file that is written counts only once the manifest names it. What rows hold is the trees' matter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from openbunker_local.cold.checksums import crc_of
from openbunker_local.cold.manifest import FOLDER, SUFFIX, ColdFile, Kind
from openbunker_local.compaction import trees as compaction
from openbunker_local.compaction.database import Database
from openbunker_local.stream.disk import Disk

_NONE: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes below DATA/cold. `unique` returns an id that no other file has."""

    database: Database
    data: Path
    disk: Disk
    unique: Callable[[], str]

    def write(
        self, kind: Kind, day: str, rows: exp.Select, values: Mapping[str, object] = _NONE
    ) -> ColdFile | None:
        """Write the rows of a kind to a new file, in the kind's order; None when there are none.

        `day` is the partition of rows, else empty. Raises OSError and duckdb.Error.
        """
        whole = self.data / FOLDER / (f"dt={day}" if kind == "rows" else kind)
        whole /= self.unique() + SUFFIX
        part = whole.with_name(f".{whole.name}.part")
        self.disk.make_folder(whole.parent)
        try:
            wide = kind == "rows" and self._are_wide(rows, values)
            self.database.run(compaction.to_file(kind, rows, str(part), wide=wide), **values)
            # Read from the file itself: a file that cannot be read must not be named.
            (found,) = self.database.run(compaction.totals(kind), files=[str(part)])
            file = self._file(whole, part, kind, day, found)
            if file.rows:
                self.disk.publish(part, whole)
        finally:
            self.disk.remove(part)  # gone when it was published
        return file if file.rows else None

    def _are_wide(self, rows: exp.Select, values: Mapping[str, object]) -> bool:
        ((width,),) = self.database.run(compaction.width(rows), **values)
        return (width or 0) >= compaction.WIDE_ROW_BYTES

    def _file(
        self, whole: Path, part: Path, kind: Kind, day: str, found: tuple[int, ...]
    ) -> ColdFile:
        rows, first, last, first_received, last_received = (value or 0 for value in found)
        return ColdFile(
            path=whole.relative_to(self.data).as_posix(),
            kind=kind,
            day=day,
            rows=rows,
            bytes=part.stat().st_size,
            min_timestamp_ms=first if kind == "rows" else 0,
            max_timestamp_ms=last if kind == "rows" else 0,
            min_received_ms=first_received,
            max_received_ms=last_received,
            crc32=crc_of(part),
        )
