"""Where a run's folders lie: in memory where the machine has it. No test knows of it."""

import os
from pathlib import Path

FOLDER = Path("/dev/shm")  # pytest makes a folder of its own in it
# A run takes 0.2 GB; what a container gets by default is 64 MiB, and nothing can be run there.
_LEAST_BYTES = 2 * 1024**3


def fits() -> bool:
    """Return whether there is such a folder, with room, in which programs may be run."""
    if not os.access(FOLDER, os.W_OK):
        return False
    told = os.statvfs(FOLDER)
    return not told.f_flag & os.ST_NOEXEC and told.f_bavail * told.f_frsize >= _LEAST_BYTES
