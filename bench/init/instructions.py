"""Instructions of a start until it is ready, counted by callgrind: no clock, no busy machine.

valgrind is Debian's (`apt-get install valgrind`). It takes fifty times as long, so one start each,
and nothing to connect to: whether a handshake is done within its second would be the clock's say.
"""

import re
import shutil
from dataclasses import replace

from bench.awslambda.worker import Function, Worker

NOWHERE = "https://127.0.0.1:9"  # the discard port: nobody listens
PATIENCE = 600.0
COMMAND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
_COUNTED = re.compile(r"Collected : (\d+)")


def here() -> bool:
    """Return whether this machine can count."""
    return shutil.which(COMMAND[0]) is not None


def millions(function: Function) -> float:
    """Return the million instructions of one start. Raises WorkerFailed."""
    environ = {
        name: NOWHERE if name.startswith("AWS_ENDPOINT_URL") else value
        for name, value in function.environ.items()
    }
    counted = replace(function, under=COMMAND, environ=environ)
    with Worker(counted, PATIENCE) as worker:
        worker.end()
        found = _COUNTED.search(worker.output())
    if found is None:
        raise RuntimeError(f"{COMMAND[0]} counted nothing:\n{worker.output()}")
    return int(found[1]) / 1e6
