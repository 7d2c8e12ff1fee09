"""Event ids: 128 bits, ordered by time, in the layout of a version 7 UUID (RFC 9562).

Randomness comes from the operating system at each call, never from a seeded generator, so two
copies restored from one snapshot never give the same id.
"""

import os

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def new_id(now_ms: int) -> str:
    """Return 32 hex digits whose order is the order of their milliseconds."""
    return new_ids(now_ms, 1)[0]


def new_ids(now_ms: int, count: int) -> list[str]:
    """Return ids of one millisecond. The system is asked once: each call of it is a step aside."""
    time = f"{now_ms & (1 << 48) - 1:012x}7"
    random = os.urandom(10 * count).hex()
    return [
        # Of its 20 digits one is the version's and one tells the variant in its upper two bits.
        f"{time}{random[at + 1 : at + 4]}{_VARIANT[random[at + 4]]}{random[at + 5 : at + 20]}"
        for at in range(0, 20 * count, 20)
    ]


def as_uuid(event_id: str) -> str:
    """Return the id in the hyphenated form that UUID-minded vendors answer with."""
    parts = (event_id[:8], event_id[8:12], event_id[12:16], event_id[16:20], event_id[20:])
    return "-".join(parts)


def random_uuid() -> str:
    """Return a random UUID (version 4) in hyphenated form, for what needs no order in time."""
    value = int.from_bytes(os.urandom(16), "big")
    value = value & ~(0xF << 76) | 0x4 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return as_uuid(f"{value:032x}")
