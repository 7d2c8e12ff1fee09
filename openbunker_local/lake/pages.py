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

# When the rows of a file happened or came, from first to last.
Span = Callable[[ColdFile], tuple[int, int]]
Ask = Callable[[Statement, Files], Table]
Row = Sequence[Any]
_Timed = tuple[ColdFile, int, int]


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
    files: Sequence[ColdFile], first_ms: int, last_ms: int, span: Span | None = None
) -> Iterator[tuple[int, int, list[ColdFile]]]:
    """Yield parts of a period, the newest first, and the files that may have rows of them.

    Each but the last has so many rows that the work of all before it does not count.
    """
    left, wanted, span = list(files), FIRST_ROWS, span or happened
    while True:
        left = [file for file in left if span(file)[0] <= last_ms and first_ms <= span(file)[1]]
        left.sort(key=lambda file: min(span(file)[1], last_ms), reverse=True)
        here, low = _newest([(file, *span(file)) for file in left], first_ms, last_ms, wanted)
        low = _cut(here, low, last_ms, wanted)
        yield low, last_ms, [file for file, _, last in here if low <= last]
        if low <= first_ms:
            return
        last_ms, wanted = low - 1, wanted * GROWTH


def happened(file: ColdFile) -> tuple[int, int]:
    """Return when the rows of a file happened."""
    return file.min_timestamp_ms, file.max_timestamp_ms


def received(file: ColdFile) -> tuple[int, int]:
    """Return when the rows of a file were received."""
    return file.min_received_ms, file.max_received_ms


def _span(steps: Steps) -> tuple[Span, tuple[int, int]]:
    """Return what the rows of a page go by, and their period."""
    if steps.keys.received:
        return received, steps.keys.received
    return happened, steps.keys.cold or (0, 0)


def _newest(
    files: Sequence[_Timed], first_ms: int, last_ms: int, wanted: float
) -> tuple[Sequence[_Timed], int]:
    """Return as many of the sorted files as are needed, and when the others are over."""
    rows = 0.0
    for number, file in enumerate(files):
        if rows >= wanted and file[2] < last_ms:
            return files[:number], file[2] + 1
        rows += _rows_since(file, first_ms, last_ms)
    return files, first_ms


def _cut(files: Sequence[_Timed], low: int, high: int, wanted: float) -> int:
    """Return the latest time since when there should be so many rows, or `low`."""
    first, last = low, high
    while first < last:
        middle = (first + last + 1) // 2
        if sum(_rows_since(file, middle, high) for file in files) >= wanted:
            first = middle
        else:
            last = middle - 1
    return first


def _rows_since(timed: _Timed, low: int, high: int) -> float:
    """Return how many rows of a file are between two times, were they spread evenly."""
    file, first, last = timed
    inside = min(last, high) - max(first, low) + 1
    return file.rows * max(inside, 0) / (last - first + 1)


def _keys(steps: Steps, files: Files, ask: Ask) -> tuple[list[_Key], int | None]:
    keys: list[_Key] = []
    fresh_to_ms = None
    span, period = _span(steps)
    for low, high, cold in stretches(files.cold, *period, span):
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
        times, (span, _) = [key.at_ms for key in reversed(keys)], _span(self.steps)
        found = [
            file
            for file in self.files.cold
            if bisect_left(times, span(file)[0]) < bisect_right(times, span(file)[1])
        ]
        return Files(self.files.root, (), found)
