"""The workers of a running server, found by what they run (Linux)."""

from pathlib import Path

CHILD = b"openbunker_local.workers.child"


def workers_of(pid: int) -> list[int]:
    """Return the pids of a server's workers that live."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(one) for one in children if CHILD in _command(one)]


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
