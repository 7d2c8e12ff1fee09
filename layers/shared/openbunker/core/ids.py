"""Event ids: 128 bits, ordered by time, in the layout of a version 7 UUID (RFC 9562).

Randomness comes from the operating system at each call, never from a seeded generator, so two
copies restored from one snapshot never give the same id.
"""

import os
from struct import Struct

_PARTS = Struct("8s4s4s4s12s")
# A byte with the variant in its upper two bits.
_VARIANT = bytes(byte & 0x3F | 0x80 for byte in range(256))


def new_id(now_ms: int) -> str:
    """Return 32 hex digits whose order is the order of their milliseconds."""
    return new_ids(now_ms, 1)[0]


def new_ids(now_ms: int, count: int) -> list[str]:
    """Return ids of one millisecond. The system is asked once: each call of it is a step aside."""
    time = f"{now_ms & (1 << 48) - 1:012x}7"
    random = bytearray(os.urandom(10 * count))
    random[2::10] = random[2::10].translate(_VARIANT)
    digits = random.hex()
    return [time + digits[at : at + 19] for at in range(1, 20 * count, 20)]


def as_uuid(event_id: str) -> str:
    """Return the id in the hyphenated form that UUID-minded vendors answer with."""
    return b"-".join(_PARTS.unpack(event_id.encode())).decode()


def random_uuid() -> str:
    """Return a random UUID (version 4) in hyphenated form, for what needs no order in time."""
    value = int.from_bytes(os.urandom(16), "big")
    value = value & ~(0xF << 76) | 0x4 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return as_uuid(f"{value:032x}")
