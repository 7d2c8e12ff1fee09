"""One worker: a child process that serves a handler under Lambda's own runtime client.

The child sees its function folder, its layer and what the runtime brings, nothing of this
environment. No knowledge of what the handlers do.
"""

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any, Self

from bench.awslambda.runtime_api import Outcome, RuntimeApi

WAIT_SECONDS = 30.0


class WorkerFailed(Exception):
    """The worker could not start, its handler raised, or it gave no answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What a worker is made of: an interpreter and the folders its code is imported from.

    `path` is in the order of the import: function folder, layer, runtime. `flags` go to the
    interpreter; `-S` keeps its own site-packages away. `under` is a command that runs the rest.
    """

    python: str
    path: Sequence[Path]
    handler: str = "app.handler"
    environ: Mapping[str, str] = field(default_factory=dict)
    flags: Sequence[str] = ()
    under: Sequence[str] = ()


class Worker:
    """One child process under `awslambdaric`. Entering it waits until it asks for an event."""

    def __init__(self, function: Function, patience: float = WAIT_SECONDS) -> None:
        self._function = function
        self._patience = patience
        self.init_seconds = 0.0

    def __enter__(self) -> Self:
        """Start the process. Raises WorkerFailed when it does not get as far as asking."""
        self._api = RuntimeApi()
        self._output = tempfile.TemporaryFile()
        started = time.perf_counter()
        self._process = self._spawn()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        try:
            self.init_seconds = self._take("ready").at - started
        except WorkerFailed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the process and the server."""
        self._process.kill()
        self._watcher.join()
        self._api.close()
        self._output.close()

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the handler's answer. Raises WorkerFailed when it raised or ended."""
        self._api.events.put(json.dumps(event).encode())
        answer: dict[str, Any] = json.loads(self._take("response").body)
        return answer

    def cpu_seconds(self) -> float:
        """Return the CPU time of the process so far, all its threads together."""
        # The clock of another process, as clock_getcpuclockid(3) makes its number.
        return time.clock_gettime(~self._process.pid << 3 | 2)

    def most_megabytes(self) -> float:
        """Return the most memory that the process held so far."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(ln.split()[1]) for ln in status.splitlines() if "VmHWM" in ln) / 1024

    def end(self) -> None:
        """Ask the process to end and wait until it has."""
        self._process.terminate()
        self._watcher.join()

    def output(self) -> str:
        """Return what the process wrote so far."""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")

    def _take(self, wanted: str) -> Outcome:
        try:
            outcome = self._api.outcomes.get(timeout=self._patience)
        except Empty:
            raise WorkerFailed(f"nothing within {self._patience} s\n{self.output()}") from None
        if outcome.kind != wanted:
            text = outcome.body.decode(errors="replace")
            raise WorkerFailed(f"{outcome.kind}: {text}\n{self.output()}")
        return outcome

    def _spawn(self) -> subprocess.Popen[bytes]:
        function = self._function
        return subprocess.Popen(
            [
                *function.under,
                function.python,
                *function.flags,
                "-m",
                "awslambdaric",
                function.handler,
            ],
            cwd=function.path[0],
            env=_environ(function, self._api.address),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def _watch(self) -> None:
        self._api.tell("exit", f"code {self._process.wait()}".encode())


def _environ(function: Function, address: str) -> dict[str, str]:
    """Return the environment as Lambda sets it. Lambda's folders are read-only: no bytecode."""
    return {
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": Path(function.path[0]).name,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "LAMBDA_TASK_ROOT": str(function.path[0]),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": ":".join(map(str, function.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        **function.environ,
    }
