"""The clock and the randomness of the system, for whoever is handed them as arguments."""

import os
import time


def now_ms() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def fraction() -> float:
    """Return a random number in [0, 1), from the system: safe in a restored snapshot."""
    return int.from_bytes(os.urandom(6), "big") / (1 << 48)
