"""The journal's frames: length, checksum, payload. A frame is whole or it is not there.

Both numbers are 32 bits, big-endian; the checksum is CRC-32 of the payload. Pure apart from
reading a file that is handed in.
"""

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import BinaryIO
from zlib import crc32

from openbunker.core.records import MAX_RECORD_BYTES

HEADER = Struct(">II")


def frames(payloads: Sequence[bytes]) -> bytes:
    """Return the payloads as frames, one after the other."""
    parts: list[bytes] = []
    for payload in payloads:
        parts += (HEADER.pack(len(payload), crc32(payload)), payload)
    return b"".join(parts)


def read(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the payloads within the first `size` bytes, up to the first frame that is torn."""
    while size >= HEADER.size:
        header = file.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        length, checksum = HEADER.unpack(header)
        size -= HEADER.size + length
        # A payload is never empty, so zeros that a crash left behind are not a frame.
        if size < 0 or not 0 < length <= MAX_RECORD_BYTES:
            return
        payload = file.read(length)
        if len(payload) < length or crc32(payload) != checksum:
            return
        yield payload
