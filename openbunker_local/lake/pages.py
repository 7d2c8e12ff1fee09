"""One page of a listing from files: stretches of time, newest first, until its keys are found.

What a page takes is a page's: the keys of a stretch are narrow, and of the rows those alone are
read that the page shows. Runs no statement itself, and builds none (docs/decisions/0024).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from openbunker.query.engine import Statement, Steps, Table
from openbunker_local.cold.manifest import ColdFile
from openbunker_local.lake.files import Files

# Rows of the first stretch, a few row groups, and how many times more each next one has.
FIRST_ROWS, GROWTH = 100_000, 8

Ask = Callable[[Statement, Files], Table]
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class _Key:
    at_ms: int
    event_id: str
    key_hash: int
    path: str | None  # of its object, none for a cold row


def page(steps: Steps, files: Files, ask: Ask) -> Table:
    """Return the rows of a page, each with its time, its event id and how many keys there were.

    The page ends before its texts outgrow the room; its first row is always there.
    """
    keys, fresh_to_ms = _keys(steps, files, ask)
    rows = _Rows(steps, files, ask)
    most = steps.room // max(len(keys), 1)
    found = rows.of(keys, most)
    here = _fitting([found[key][-1] for key in keys], steps.room)
    found |= rows.of([key for key in keys[:here] if found[key][-1] > most], steps.room)
    told = [(*found[key][:-1], key.at_ms, key.event_id, len(keys)) for key in keys[:here]]
    return Table((), told, fresh_to_ms)


def stretches(
    files: Sequence[ColdFile], first_ms: int, last_ms: int
) -> Iterator[tuple[int, int, list[ColdFile]]]:
    """Yield parts of a period, the newest first, and the files that may have rows of them.

    Each but the last has so many rows that the work of all before it does not count.
    """
    left, wanted = list(files), FIRST_ROWS
    while True:
        left = [
            file
            for file in left
            if file.min_timestamp_ms <= last_ms and first_ms <= file.max_timestamp_ms
        ]
        left.sort(key=lambda file: min(file.max_timestamp_ms, last_ms), reverse=True)
        here, low = _newest(left, first_ms, last_ms, wanted)
        low = _cut(here, low, last_ms, wanted)
        yield low, last_ms, [file for file in here if low <= file.max_timestamp_ms]
        if low <= first_ms:
            return
        last_ms, wanted = low - 1, wanted * GROWTH


def _newest(
    files: Sequence[ColdFile], first_ms: int, last_ms: int, wanted: float
) -> tuple[Sequence[ColdFile], int]:
    """Return as many of the sorted files as are needed, and when the others are over."""
    rows = 0.0
    for number, file in enumerate(files):
        if rows >= wanted and file.max_timestamp_ms < last_ms:
            return files[:number], file.max_timestamp_ms + 1
        rows += _rows_since(file, first_ms, last_ms)
    return files, first_ms


def _cut(files: Sequence[ColdFile], low: int, high: int, wanted: float) -> int:
    """Return the latest time since when there should be so many rows, or `low`."""
    first, last = low, high
    while first < last:
        middle = (first + last + 1) // 2
        if sum(_rows_since(file, middle, high) for file in files) >= wanted:
            first = middle
        else:
            last = middle - 1
    return first


def _rows_since(file: ColdFile, low: int, high: int) -> float:
    """Return how many rows of a file are between two times, were they spread evenly."""
    inside = min(file.max_timestamp_ms, high) - max(file.min_timestamp_ms, low) + 1
    return file.rows * max(inside, 0) / (file.max_timestamp_ms - file.min_timestamp_ms + 1)


def _keys(steps: Steps, files: Files, ask: Ask) -> tuple[list[_Key], int | None]:
    keys: list[_Key] = []
    fresh_to_ms = None
    first_ms, last_ms = steps.keys.cold or (0, 0)
    for low, high, cold in stretches(files.cold, first_ms, last_ms):
        table = ask(steps.keys.during(low, high), replace(files, cold=cold))
        fresh_to_ms = table.fresh_to_ms
        keys += [_Key(*row) for row in table.rows]
        if len(keys) >= steps.count:
            break
    return keys[: steps.count], fresh_to_ms


def _fitting(sizes: Sequence[int], room: int) -> int:
    """Return how many of the first rows begin within the room."""
    for number, size in enumerate(sizes):
        if room <= 0:
            return number
        room -= size
    return len(sizes)


@dataclass(frozen=True, slots=True)
class _Rows:
    steps: Steps
    files: Files
    ask: Ask

    def of(self, keys: Sequence[_Key], most: int) -> dict[_Key, Row]:
        """Return fields and size of the rows of keys, no text where it is larger than `most`."""
        cold = [key for key in keys if key.path is None]
        hot = [key for key in keys if key.path is not None]
        objects = sorted({key.path for key in hot if key.path})
        return self._read(hot, most, Files(self.files.root, objects)) | self._read(
            cold, most, self._cold(cold)
        )

    def _read(self, keys: Sequence[_Key], most: int, files: Files) -> dict[_Key, Row]:
        if not keys:
            return {}
        period = keys[-1].at_ms, keys[0].at_ms
        hashes = sorted({key.key_hash for key in keys})
        table = self.ask(self.steps.rows(hashes, period, most), files)
        by_key = {tuple(row[-2:]): row[:-2] for row in table.rows}
        return {key: by_key[key.event_id, key.key_hash] for key in keys}

    def _cold(self, keys: Sequence[_Key]) -> Files:
        """Return the cold files that hold a key's time."""
        times = [key.at_ms for key in reversed(keys)]
        found = [
            file
            for file in self.files.cold
            if bisect_left(times, file.min_timestamp_ms)
            < bisect_right(times, file.max_timestamp_ms)
        ]
        return Files(self.files.root, (), found)
