"""How a process that lives long keeps its memory small, and searches it seldom.

Knows nothing of requests or files.
"""

import atexit
import ctypes
import gc

# From this size on a block has pages of its own, which go back with it. glibc raises the limit to
# the largest block that was ever freed, and bodies then leave holes that nothing else fills: 70 MB
# of them after a thousand bodies of a MiB. Smaller blocks are too many for a call each.
BLOCK_BYTES = 256 * 1024
_M_MMAP_THRESHOLD = -3  # malloc.h
# A request makes hundreds of objects and hardly a cycle: by Python's own numbers (700, 10, 10) a
# tenth of the time that one takes is spent on looking at what is in use. More objects than these
# may hold too much: a connection that ends is such a cycle, with what it was sent.
OBJECTS_BETWEEN = (5_000, 10, 10)


def search_seldom() -> None:
    """Have cycles be searched for seldom, and never among what is there now."""
    gc.collect()
    gc.freeze()
    # What is frozen is not taken apart at the end, and DuckDB's library complains of each of it.
    atexit.register(gc.unfreeze)
    gc.set_threshold(*OBJECTS_BETWEEN)


def give_back() -> None:
    """Have large blocks go back to the system when they are free, where the library can (glibc)."""
    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, BLOCK_BYTES)
    except (AttributeError, OSError):
        return
