"""Turns a segment of the journal into one hot object: gzip, JSON lines, whole or not at all.

Delivering a segment again writes the same object again, so a crash between the object's last
step and the segment's removal makes no double. What receipts look ids up in is written between.
"""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from openbunker.core import layout
from openbunker_local.stream import frames
from openbunker_local.stream.damaged import set_aside
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.id_hashes import Collector
from openbunker_local.stream.id_index import IdIndex
from openbunker_local.stream.journal import Segment

# The delivery shares a small machine with the serving; see docs/decisions/0003.
GZIP_LEVEL = 1
GZIP_WINDOW_BITS = 31
# Smaller, with the record that fills it, than what gets pages of its own (`memory.BLOCK_BYTES`).
BLOCK_BYTES = 128 * 1024


class Deliverer:
    """Writes objects under a data folder for the stream of that name.

    `prefix` returns the partition of an arrival time; `index` is told the ids of each object.
    """

    def __init__(
        self,
        data: Path,
        stream: str,
        disk: Disk,
        prefix: Callable[[int], str] = layout.hot_prefix,
        index: IdIndex | None = None,
    ) -> None:
        self._data = data
        self._stream = stream
        self._disk = disk
        self._prefix = prefix
        self._index = index

    def deliver(self, segment: Segment) -> None:
        """Write the segment's object, then remove the segment. Raises OSError.

        A segment that holds something else than whole frames is moved to `stream/damaged`: its
        whole frames are delivered, and nobody has to take our word for the rest.
        """
        name = layout.object_name(self._stream, segment.arrival_ms, segment.unique)
        whole = self._data / self._prefix(segment.arrival_ms) / name
        part = whole.with_name(f".{name}.part")
        ids = self._index.collector() if self._index else None
        self._disk.make_folder(whole.parent)
        try:
            read = self._write(segment, part, ids)
            if read:
                self._disk.publish(part, whole)
        finally:  # gone when it was published; half an object would only fill a full disk
            self._disk.remove(part)
        if read and self._index and ids:
            self._index.add(whole, ids)
        if read == segment.size:
            self._disk.remove(segment.path)
        else:
            set_aside(self._data, segment.path, self._disk)

    def _write(self, segment: Segment, part: Path, ids: Collector | None) -> int:
        """Write the whole frames of a segment as gzip; return how many bytes they took."""
        gzip = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_WINDOW_BITS)
        read = 0
        with segment.path.open("rb") as source, self._disk.open_new(part) as target:
            for count, block in _blocks(frames.read(source, segment.size)):
                read += count * frames.HEADER.size + len(block)
                target.write(gzip.compress(block))
                if ids:
                    ids.add(block)
            target.write(gzip.flush())
        return read


def _blocks(payloads: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Join payloads into blocks that are worth a call of the compressor, with their counts."""
    block: list[bytes] = []
    size = 0
    for payload in payloads:
        block.append(payload)
        size += len(payload)
        if size >= BLOCK_BYTES:
            yield len(block), b"".join(block)
            block, size = [], 0
    if block:
        yield len(block), b"".join(block)
