"""Frames of the journal and the spill: length, checksum, payload. One is whole or is not there.

Both numbers are 32 bits, big-endian; the checksum is CRC-32 of the payload. Pure apart from
reading a file that is handed in.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO
from zlib import crc32

from openbunker.core.records import MAX_RECORD_BYTES

HEADER = Struct(">II")
# What may be a header: a length above zero and below a record's limit. Payloads are JSON, which
# has no zero byte, so that little but a header looks like one.
_HEADER = re.compile(rb"(?=\0[\0-\x0f])(?!\0\0\0\0).{8}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of a file that are no whole frame: where they begin, and how many they are.

    Those at the end that are zeros, or a frame that lacks its end, may be what a crash left of a
    write that nobody was told of: `cut_off`. Anything else was whole once.
    """

    offset: int
    size: int
    cut_off: bool = False


def frames(payloads: Sequence[bytes]) -> bytes:
    """Return the payloads as frames, one after the other."""
    parts: list[bytes] = []
    for payload in payloads:
        parts += (HEADER.pack(len(payload), crc32(payload)), payload)
    return b"".join(parts)


def scan(file: BinaryIO, size: int) -> Iterator[bytes | Gap]:
    """Yield the payloads within the first `size` bytes, and what lies between them that is none.

    After damage the next whole frame is looked for: what was answered after it is not lost.
    """
    at = 0
    while at < size:
        payload = _next(file, size - at)
        if payload is not None:
            yield payload
            at += HEADER.size + len(payload)
            continue
        file.seek(at)
        rest = file.read(size - at)
        length = _until_whole(rest)
        yield Gap(at, length or size - at, not length and _is_cut_off(rest))
        at += length or size - at
        file.seek(at)


def read(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the payloads of the whole frames within the first `size` bytes."""
    return (one for one in scan(file, size) if isinstance(one, bytes))


def _next(file: BinaryIO, left: int) -> bytes | None:
    """Return the payload of the frame that begins here, None when it is not whole."""
    header = file.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    length, checksum = HEADER.unpack(header)
    # A payload is never empty, so zeros that a crash left behind are not a frame.
    if not 0 < length <= min(MAX_RECORD_BYTES, left - HEADER.size):
        return None
    payload = file.read(length)
    return payload if len(payload) == length and crc32(payload) == checksum else None


def _is_cut_off(rest: bytes) -> bool:
    if len(rest) < HEADER.size or not rest.strip(b"\0"):
        return True
    length, _ = HEADER.unpack(rest[: HEADER.size])
    return bool(0 < length <= MAX_RECORD_BYTES and len(rest) < HEADER.size + length)


def _until_whole(rest: bytes) -> int | None:
    """Return how many bytes come before the next whole frame, None when there is none."""
    view = memoryview(rest)
    at = 1
    while found := _HEADER.search(rest, at):
        start = found.start() + HEADER.size
        length, checksum = HEADER.unpack(found[0])
        payload = view[start : start + length]
        if length <= MAX_RECORD_BYTES and len(payload) == length and crc32(payload) == checksum:
            return found.start()
        at = found.start() + 1
    return None
