"""Event ids: 128 bits, ordered by time, in the layout of a version 7 UUID (RFC 9562).

Randomness comes from the operating system at each call, never from a seeded generator, so two
copies restored from one snapshot never give the same id.
"""

import os


def new_id(now_ms: int) -> str:
    """Return 32 hex digits whose order is the order of their milliseconds."""
    value = (now_ms & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return f"{value:032x}"


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
