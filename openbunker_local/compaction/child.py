"""`python -m openbunker_local.compaction.child DATA UP_TO_MS NOW_MS`: one compaction, a process.

So that the memory it takes is given back, and the server keeps its core. Prints one line of JSON.
Standard input is the server's hand: when it lets go, however it ended, so does this process; a
compaction may end at any point.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import Any

from openbunker_local.compaction import job
from openbunker_local.compaction.run import Result
from openbunker_local.stream.disk import FolderInUse

NICENESS = 10


def main(data: Path, up_to_ms: int, now_ms: int) -> int:
    """Compact, tell how it went, and return the exit code."""
    os.umask(0o077)
    os.nice(NICENESS)
    Thread(target=_end_with_server, daemon=True).start()
    try:
        told = _told(job.work(data, up_to_ms, now_ms))
    except FolderInUse as error:
        told = {"busy": str(error)}
    except job.FAILURES as error:
        told = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(told) + "\n")
    return int("error" in told)


def _told(result: Result) -> dict[str, Any]:
    sets = {name: sorted(getattr(result, name)) for name in ("days", "received_days")}
    return asdict(result) | sets


def _end_with_server() -> None:
    while os.read(sys.stdin.fileno(), 1):  # no buffer: its lock would be in the way at the end
        pass
    os._exit(0)


if __name__ == "__main__":
    code = main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.flush()
    os._exit(code)  # what the interpreter and DuckDB would still do is for nobody
