"""A real openbunker process for tests: started on a free port, ended by its own pid."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
LISTENING = "openbunker listening on "
PLAIN = ("openbunker_local", "run")
FAULTY = ("bench.chaos.server",)


LOOKS, PAUSE_SECONDS = 6_000, 0.01


def looks() -> Iterator[int]:
    """Yield the numbers of looks at what a server does by itself, until it ought to be done.

    A moment apart: a client that never pauses takes the core that the server would need.
    """
    never = Event()
    for number in range(LOOKS):
        yield number
        never.wait(PAUSE_SECONDS)


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reached:
    """A server that listens, the demo keys of its folder, and how tests speak to it."""

    url: str
    demo: dict[str, str]
    data: Path

    def connect(self) -> HTTPConnection:
        """Return a connection of the caller's own."""
        return HTTPConnection(urlsplit(self.url).netloc, timeout=30)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send one request on a connection of its own."""
        connection = self.connect()
        try:
            return call(connection, method, path, body, headers)
        finally:
            connection.close()

    def ask(self, question: dict[str, Any]) -> Any:
        """Return the answer to a question of the demo project."""
        key = {"x-eventbunker-query-key": self.demo["query_key"]}
        answer = self.call("POST", "/v1/query/json", question, key)
        assert answer.status == 200, answer
        return answer.body

    def wait_until_visible(self) -> None:
        """Return when everything that was answered before is visible to queries."""
        health = self.call("GET", "/health").body
        now_ms = health["fresh_to_ms"] + health["lag_ms"]
        for _ in looks():
            # What arrived within that millisecond may be out of sight until the next one.
            if self.call("GET", "/health").body["fresh_to_ms"] > now_ms:
                return
        raise AssertionError("events did not become visible")


@dataclass(frozen=True)
class RunningServer(Reached):
    """A process that listens, and the lines that it printed before."""

    process: subprocess.Popen[str]
    told: Sequence[str] = ()

    def stop(self) -> tuple[int, str]:
        """Ask the process to drain; return its exit code and what it printed since."""
        self.process.terminate()
        out, _ = self.process.communicate(timeout=30)
        return self.process.returncode, out


def call(
    connection: HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send one request: bytes and text as they are, anything else as JSON."""
    data = body if body is None or isinstance(body, bytes | str) else json.dumps(body)
    connection.request(method, path, data, {"content-type": "application/json", **(headers or {})})
    response = connection.getresponse()
    text = response.read()
    names = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, names, json.loads(text) if text else None)


@contextmanager
def running_server(
    data: Path,
    *options: str,
    under: Sequence[str] = (),
    python: str | Path = sys.executable,
    module: Sequence[str] = PLAIN,
    cwd: Path = ROOT,
) -> Iterator[RunningServer]:
    """Start `openbunker run` on a data folder and a free port; end it with the block.

    `under` is a command that runs the server as its arguments; `module` another one to run, with
    another `python` and in another folder where they are named.
    """
    command = [
        *under,
        str(python),
        "-m",
        *module,
        "--port",
        "0",
        "--data",
        str(data),
        *options,
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
    )
    try:
        assert process.stdout is not None
        told: list[str] = []
        for line in process.stdout:
            told.append(line)
            if line.startswith(LISTENING):
                break
        else:
            raise AssertionError("the server ended:\n" + "".join(told))
        url = told[-1].removeprefix(LISTENING).strip()
        yield RunningServer(url, json.loads((data / "demo.json").read_text()), data, process, told)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
