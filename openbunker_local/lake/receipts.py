"""Receipts on one machine: searches the files of a data folder for rows by id.

The index says which objects may hold an id; their bytes are searched, and only the lines that hold
it are read as JSON. An object that the index does not know is read, and told to it. An event goes
from the journal to an object to a cold file, and they are searched in that order. Measured by
`python -m bench receipts`.
"""

import json
import re
import time
from calendar import timegm
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from openbunker.core.errors import QueryUnavailable, StoreDamaged
from openbunker.core.times import MINUTE_MS
from openbunker.query.receipts import (
    AFTER_MS,
    BEFORE_MS,
    LOOK_BACK_MS,
    Place,
    Sighting,
    Sought,
    is_of,
)
from openbunker.query.scope import Scope
from openbunker_local.books.write import FOLDER as BOOKS
from openbunker_local.cold.checksums import Checksums
from openbunker_local.cold.rows import ColdRows
from openbunker_local.lake.receipts_cold import ColdReceipts
from openbunker_local.stream.delivered import content, objects
from openbunker_local.stream.id_index import IdIndex
from openbunker_local.stream.undelivered import JOURNAL, framed, waiting

# How long after its time a spilled event is looked for: replay may take that long.
REPLAY_MS = 24 * 60 * MINUTE_MS
# How much of what the index does not know one search tells it: the next ones tell more.
REBUILT_BYTES = 16 * 1024 * 1024
_TIME = re.compile(r"-(\d{4}-\d{2}-\d{2}-\d{2}-\d{2}-\d{2})-[0-9a-f-]{36}\.json\.gz$")
_quoted = json.JSONEncoder(ensure_ascii=False).encode


class FolderReceipts:
    """A ReceiptStore over a data folder. Nothing that was answered is out of its sight."""

    lag_ms = 0

    def __init__(
        self, data: Path, index: IdIndex | None = None, checksums: Checksums | None = None
    ) -> None:
        self._data = data.resolve()
        self._index = index or IdIndex(self._data)
        self._checksums = checksums or Checksums(self._data)
        self._rows = ColdRows(self._data, self._checksums)
        self._cold = ColdReceipts(self._data, self._rows)

    def sightings(self, scope: Scope, sought: Sought, now_ms: int) -> list[Sighting]:
        """Return the rows of an id, and the rows it is a copy of, in a bounded look-back."""
        try:
            seen = self._ours(scope, sought, now_ms) if sought.event_id else []
            seen = seen or self._of_client(scope, sought.text, now_ms)
            if not seen:
                self._hold_all_was_read(sought, now_ms)
            return seen + self._firsts(scope, seen[0]) if seen else []
        except OSError as error:
            raise QueryUnavailable(f"the data folder cannot be read: {error}") from error

    def _hold_all_was_read(self, sought: Sought, now_ms: int) -> None:
        """Raise StoreDamaged where the id may lie: nobody can say that it does not."""
        low, high = max(0, now_ms - LOOK_BACK_MS), now_ms + MINUTE_MS
        if sought.event_id:
            low, high = max(0, sought.at_ms - BEFORE_MS), sought.at_ms + AFTER_MS
        near = [str(path) for path in self._objects(low, high)]
        bad = len(near) - len(self._checksums.whole_objects(near))
        if bad or self._rows.damaged("rows", low, high) or self._rows.damaged("copies", low, high):
            raise StoreDamaged(f"damaged files: {self._checksums.damaged()}")

    def _ours(self, scope: Scope, sought: Sought, now_ms: int) -> list[Sighting]:
        wanted = sought.event_id or ""
        needle = b'"event_id":"%s"' % wanted.encode()
        found = self._waiting(scope, needle)  # before the objects: see `waiting`
        low, high = sought.at_ms - BEFORE_MS, sought.at_ms + AFTER_MS
        near = sorted(self._objects(low, high), key=lambda path: abs(_time_ms(path) - sought.at_ms))
        hot = next(self._hot(scope, needle, near, wanted), None)
        if hot is None and (cold := self._cold.by_event_id(scope, wanted)):
            return cold
        if hot is None and not found and self._was_spilled(sought):
            later = self._objects(high, min(now_ms, sought.at_ms + REPLAY_MS))
            hot = next(self._hot(scope, needle, later, wanted), None)
        return [hot] if hot else found

    def _of_client(self, scope: Scope, text: str, now_ms: int) -> list[Sighting]:
        # The dialect is the column after the key (records.py writes them in the event's order).
        needle = _quoted(text)[1:].encode() + b',"dialect":'
        found = self._waiting(scope, needle, text)
        recent = self._objects(now_ms - LOOK_BACK_MS, now_ms + MINUTE_MS)
        found += self._hot(scope, needle, recent, text, text)
        return self._cold.by_client_id(scope, text, now_ms) + found

    def _firsts(self, scope: Scope, seen: Sighting) -> list[Sighting]:
        """Return the rows that a row may be a copy of."""
        if seen.copy_of:
            return self._cold.by_event_id(scope, seen.copy_of)
        if seen.place is Place.COLD or seen.dedupe_key == seen.event_id:
            return []  # it is the one that counts, or no client gave it a key
        return self._hot_copies(scope, seen) + self._cold.by_key(
            scope, seen.dedupe_key, seen.received_ms
        )

    def _hot_copies(self, scope: Scope, seen: Sighting) -> list[Sighting]:
        needle = f'"dedupe_key":{_quoted(seen.dedupe_key)}'.encode()
        before = self._objects(seen.received_ms - LOOK_BACK_MS, seen.received_ms + AFTER_MS)
        found = self._waiting(scope, needle)
        return found + list(self._hot(scope, needle, before, seen.dedupe_key))

    def _objects(self, low_ms: int, high_ms: int) -> Iterator[Path]:
        """Yield the objects of some minutes that are not cold yet."""
        done = self._rows.manifest().done  # before the listing; the cold files are looked at after
        for path in objects(self._data, low_ms, high_ms):
            if self._rows.name(path) not in done:
                yield path

    def _waiting(self, scope: Scope, needle: bytes, text: str = "") -> list[Sighting]:
        return [
            _sighting(place, row, str(path.relative_to(self._data)), None)
            for place, path, lines in waiting(self._data)
            for _, row in _rows(lines, needle, scope, text)
        ]

    def _hot(
        self, scope: Scope, needle: bytes, paths: Iterable[Path], wanted: str, text: str = ""
    ) -> Iterator[Sighting]:
        left = REBUILT_BYTES
        for path, known in self._index.holding(paths, scope.project_id, wanted):
            lines = content(path)
            if lines and not known and left > 0:
                left -= len(lines)
                ids = self._index.collector()
                ids.add(lines)
                self._index.add(path, ids)
            for line, row in _rows(lines, needle, scope, text):
                yield _sighting(Place.HOT, row, path.relative_to(self._data).as_posix(), line)

    def _was_spilled(self, sought: Sought) -> bool:
        """Return whether the books say that the event was spilled: then it may lie far off."""
        books = self._data / BOOKS
        entered = [framed(path) for path in (books / JOURNAL).glob("*.journal")]
        near = objects(books, sought.at_ms - BEFORE_MS, sought.at_ms + AFTER_MS)
        entered += map(content, near)
        needle = f'"{sought.event_id}"'.encode()
        return any(
            needle in line.partition(b'"spilled":')[2]
            for lines in entered
            if needle in lines
            for line in lines.splitlines()
        )


def _rows(
    lines: bytes, needle: bytes, scope: Scope, text: str = ""
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and row of each line of the scope that holds the needle."""
    at = lines.find(needle)
    while at >= 0:
        start, end = lines.rfind(b"\n", 0, at) + 1, lines.find(b"\n", at)
        end = end if end >= 0 else len(lines)
        row = json.loads(lines[start:end])
        hers = scope.shows(row)
        if row["project_id"] == scope.project_id and hers and (not text or is_of(row, text)):
            yield lines.count(b"\n", 0, start) + 1, row
        at = lines.find(needle, end)


def _sighting(place: Place, row: dict[str, Any], name: str, line: int | None) -> Sighting:
    return Sighting(
        place=place,
        event_id=row["event_id"],
        dedupe_key=row["dedupe_key"],
        received_ms=row["received_ms"],
        object=name if place is Place.HOT else None,
        line=line,
    )


def _time_ms(path: Path) -> int:
    """Return the time in an object's name."""
    found = _TIME.search(path.name)
    return timegm(time.strptime(found[1], "%Y-%m-%d-%H-%M-%S")) * 1000 if found else 0
