"""The clock, the randomness and the names of the system, for whoever is handed them."""

import os
import time


def now_ms() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def fraction() -> float:
    """Return a random number in [0, 1), from the system: safe in a restored snapshot."""
    return int.from_bytes(os.urandom(6), "big") / (1 << 48)


def environment_names(prefix: str) -> list[str]:
    """Return the names of the environment that begin so, sorted."""
    return sorted(name for name in os.environ if name.startswith(prefix))
