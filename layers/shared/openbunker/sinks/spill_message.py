"""What a spilled message says: records, or the name of the object that holds them. Pure.

The text is base64 of gzip: within SQS's characters whatever the records hold (raw JSON lines may
hold U+FFFE and U+FFFF, which SQS refuses), exact to the byte, and smaller than the lines.
Read one by hand: `base64 -d | gunzip`. Source of the limits: SQS API reference, SendMessage.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator

from openbunker.core.records import MAX_RECORD_BYTES, Record

MAX_MESSAGE_BYTES = 1024 * 1024
# No base64 begins like this, for it has no colon.
_OBJECT = "object:"
_GZIP = 31  # zlib's "window bits" of the gzip format
_LEVEL = 1  # the answer waits for it


def compressed(data: bytes) -> bytes:
    """Return lines as they are spilled."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(data) + packer.flush()


def message(spilled: bytes) -> str | None:
    """Return the message that holds compressed lines, or None when none can."""
    if (len(spilled) + 2) // 3 * 4 > MAX_MESSAGE_BYTES:
        return None
    return b64encode(spilled).decode("ascii")


def pointer(key: str) -> str:
    """Return the message that names the object that holds compressed lines."""
    return _OBJECT + key


def object_key(text: str) -> str | None:
    """Return the key that a message names, or None when it holds the lines itself."""
    return text.removeprefix(_OBJECT) if text.startswith(_OBJECT) else None


def content(text: str) -> bytes:
    """Return the compressed lines of a message. Raises ValueError for what is not ours."""
    return b64decode(text, validate=True)


def records(spilled: bytes) -> Iterator[Record]:
    """Yield the records of compressed lines, as they were. Raises ValueError for other bytes."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        data = unpacker.decompress(spilled, MAX_RECORD_BYTES + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacker.eof or unpacker.unused_data or not data.endswith(b"\n"):
        raise ValueError("the message is cut off, or larger than any of ours")
    return (Record(line + b"\n") for line in data[:-1].split(b"\n"))
