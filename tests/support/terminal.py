"""A command on a terminal of a given width, as whoever types it sees it."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

ROOT = Path(__file__).parents[2]


def typed(*words: str, columns: int = 80) -> tuple[int, str]:
    """Run `openbunker` on a terminal; return its exit code and all that was shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with subprocess.Popen(
        [sys.executable, "-m", "openbunker_local", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env=environment,
    ) as process:
        os.close(theirs)
        shown = _all(ours)
    os.close(ours)
    return process.returncode, shown.decode().replace("\r\n", "\n")


def _all(descriptor: int) -> bytes:
    found = b""
    while True:
        try:
            part = os.read(descriptor, 65_536)
        except OSError:  # how a terminal says that the other side has gone
            return found
        if not part:
            return found
        found += part
