"""Hot objects that can be compacted: which they are, whether they are whole, and how large.

Reads and lists; deletes and writes nothing.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path

from openbunker.core.times import MINUTE_MS
from openbunker_local.cold.manifest import Manifest
from openbunker_local.stream import delivered as partitions

# A batch is held in DuckDB's memory, where it takes about as much as its lines do.
MAX_BATCH_BYTES = 128 * 1024 * 1024
MAX_BATCH_OBJECTS = 2_000
_BLOCK_BYTES = 256 * 1024
_GZIP_WINDOW_BITS = 31


class Damaged(Exception):
    """An object is not one whole gzip stream."""


def closed(data: Path, manifest: Manifest, up_to_ms: int) -> Iterator[Path]:
    """Yield the objects of whole minutes before a time that are not cold yet, oldest first."""
    last_ms = up_to_ms // MINUTE_MS * MINUTE_MS - 1
    if last_ms >= 0:
        for path in partitions.objects(data, 0, last_ms):
            if path.relative_to(data).as_posix() not in manifest.done:
                yield path


def size(path: Path) -> int:
    """Return how many bytes an object's lines take, once all of them were inflated and summed.

    DuckDB does not compare the checksum, and the object is going to be deleted. Raises Damaged,
    and OSError.
    """
    gzip, total = zlib.decompressobj(_GZIP_WINDOW_BITS), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                total += len(gzip.decompress(block))
    except zlib.error as error:
        raise Damaged(str(error)) from error
    if not gzip.eof or gzip.unused_data:
        raise Damaged("it is cut off" if not gzip.eof else "something follows its end")
    return total


def batches(sizes: Iterator[tuple[Path, int]]) -> Iterator[list[Path]]:
    """Cut objects with their sizes into batches that fit into memory, in their order."""
    batch: list[Path] = []
    taken = 0
    for path, length in sizes:
        if batch and (taken + length > MAX_BATCH_BYTES or len(batch) == MAX_BATCH_OBJECTS):
            yield batch
            batch, taken = [], 0
        batch.append(path)
        taken += length
    if batch:
        yield batch
