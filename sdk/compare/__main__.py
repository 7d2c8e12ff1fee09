"""Print the table of the README: each client in each situation. `make sdk-compare` runs it.

Runs in an environment of its own that holds all of the clients, ours as the built wheel.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from sdk.compare.cases import CLIENTS, EVENTS
from sdk.compare.server import Counted, serving

LONGEST = 45.0
CASES = {
    "small_queue": "a queue of 100 and a server that takes 50 ms: `flush`",
    "exit": "the program ends without a `flush`",
    "os_exit": "`os._exit`",
    "os_exit_spool": "`os._exit`, with a spool; the next start",
    "fork": "`os.fork`; the child tracks and flushes",
    "nan": "one `NaN` among the events",
    "outage": "503 three times",
    "retry_after": "429 with `Retry-After: 3`",
    "lost": "three answers are lost on the way",
    "too_large": "413 for more than 50 events",
    "gevent": "gevent, patched first",
}


def run(name: str, case: str, url: str, spool: str = "") -> dict[str, object] | None:
    """Run one case in a process of its own; return what the client said, None if it hung."""
    script = str(Path(__file__).with_name("cases.py"))
    command = [sys.executable, script, name, case, url, *([spool] if spool else [])]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as child:
        try:
            said, _ = child.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with suppress(ProcessLookupError):  # what it forked may hang as well
                os.killpg(child.pid, signal.SIGKILL)
    lines = said.splitlines()
    return json.loads(lines[-1]) if lines else {"said": "", "refused": 0}


def cell(name: str, case: str) -> str:
    """Return how many events arrived, and what went wrong."""
    if case == "os_exit_spool":
        return spooled(name)
    with serving(case) as (url, counted):
        answer = run(name, case, url)
        told = [f"{counted.delivered - (case == 'fork' and EVENTS in counted.ids):,}"]
        if answer is None:
            told.append("hangs")
        elif answer["said"]:
            told.append(f"says `{answer['said']}`")
        if counted.doubled:
            told.append(f"{counted.doubled:,} under two ids")
        if case == "retry_after":
            told.append(waited(counted))
        return "; ".join(told)


def waited(counted: Counted) -> str:
    """Return how long a client waited that was asked for three seconds."""
    if len(counted.requests) < 2:
        return "never came back"
    return f"came back after {counted.requests[1] - counted.requests[0]:.1f} s"


def spooled(name: str) -> str:
    """Return how many events arrived that a killed process had left."""
    if name != "openbunker-client":
        return "no spool"
    with TemporaryDirectory() as folder, serving("os_exit") as (url, counted):
        run(name, "os_exit", "http://127.0.0.1:9", folder)
        run(name, "next_start", url, folder)
        left = counted.delivered
        return f"{left:,}" + (f"; {counted.doubled:,} under two ids" if counted.doubled else "")


def least(name: str, case: str, times: int) -> list[int]:
    """Return what a client measured in some runs, in order."""
    with serving(case) as (url, _):
        found = [run(name, case, url) for _ in range(times)]
    return sorted(int(str(one["said"])) for one in found if one)


def main() -> None:
    """Print the table."""
    names = list(CLIENTS)
    print("| of 3,000 events arrived | " + " | ".join(f"{n} {version(n)}" for n in names) + " |")
    print("| --- |" + " --- |" * len(names))
    for case, title in CASES.items():
        cells = [cell(name, case) for name in names]
        print(f"| {title} | " + " | ".join(cells) + " |", flush=True)
    imports = [f"{least(name, 'import', 5)[0]} ms" for name in names]
    print("| `import`, best of 5 | " + " | ".join(imports) + " |")
    rates = [f"{least(name, 'rate', 3)[-1]:,}" for name in names]
    print("| `track` calls a second of CPU, best of 3 | " + " | ".join(rates) + " |")


if __name__ == "__main__":
    main()
