"""Which cold files are merged into one, so that a day has few and none is written too often.

A pure rule and the one step that carries it out. A row is written anew once a tier at most, plus
once when its day has come to rest.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import floor, log
from pathlib import PurePosixPath

from openbunker.core import layout
from openbunker.core.times import MINUTE_MS
from openbunker_local.cold.manifest import ColdFile
from openbunker_local.compaction import trees as compaction
from openbunker_local.compaction.writer import Writer

# A file of this many bytes or rows is full: it is never written again.
FULL_BYTES, FULL_ROWS = 32 * 1024 * 1024, 1_000_000
# So many files of about the same size stay; one more, and they become one. The next tier's files
# are larger by this factor.
FAN_IN = 4
# When no file came for a past day in this time, all that are not full become one.
REST_MS = 6 * 60 * MINUTE_MS


class MergeLost(Exception):
    """A merged file has another number of rows than those that it was made of."""


def due(files: Iterable[ColdFile], now_ms: int) -> list[ColdFile]:
    """Return files of one kind and day that should become one; none when all is well."""
    for _, group in groupby(sorted(files, key=_place), key=_place):
        small = [file for file in group if _fill(file) < 1]
        if len(small) > 1 and _rests(small, now_ms):
            return small
        for _, tier in groupby(sorted(small, key=_tier), key=_tier):
            same = list(tier)
            if len(same) > FAN_IN:
                return same
    return []


def merged(files: Sequence[ColdFile], writer: Writer) -> ColdFile:
    """Write the file that stands for others. Raises OSError, duckdb.Error and MergeLost."""
    kind, rows = files[0].kind, sum(file.rows for file in files)
    paths = [str(writer.data / file.path) for file in files]
    file = writer.write(kind, files[0].day, compaction.content(kind), {"files": paths})
    if file is None or file.rows != rows:
        raise MergeLost(f"{file.rows if file else 0} of {rows} rows of {', '.join(paths)}")
    return file


def written_ms(file: ColdFile) -> int:
    """Return when a file was written: its name is an id, and those begin with their time."""
    return int(PurePosixPath(file.path).stem[:12], 16)


def _place(file: ColdFile) -> tuple[str, str]:
    return (file.kind, file.day)


def _fill(file: ColdFile) -> float:
    """Return how full a file is; 1 and above is full."""
    return max(file.bytes / FULL_BYTES, file.rows / FULL_ROWS)


def _tier(file: ColdFile) -> int:
    """Return 0 for a file that is nearly full, less for smaller ones; tiny ones are all alike."""
    return max(-4, floor(log(max(_fill(file), 1e-9), FAN_IN)) + 1)


def _rests(files: Sequence[ColdFile], now_ms: int) -> bool:
    today = layout.day(now_ms)
    past = "" < files[0].day < today
    return past and now_ms - max(map(written_ms, files)) >= REST_MS
