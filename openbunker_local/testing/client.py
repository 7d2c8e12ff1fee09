"""A twin as a test speaks to it: started as a process, asked over HTTP. The standard library alone.

Loaded by the first test that asks for a twin. Knows nothing of pytest.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from openbunker_local.testing.differences import told

WAIT_SECONDS, PAUSE_SECONDS = 10.0, 0.02


class TwinFailed(Exception):
    """The twin did not start, or answered what it must not."""


class Twin:
    """A twin that listens. `url` and `keys` stay the same from one test to the next."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "openbunker_local", "run", "--testing"]
        self._process = subprocess.Popen(  # noqa: S603  # this Python, and the project's options
            [*command, "--port", "0", "--until-eof", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise TwinFailed(f"the twin ended with code {self._process.wait()}, see above")
        self.keys: dict[str, str] = json.loads(line)
        self.url = self.keys["base_url"]
        self.pid = self._process.pid

    def good(self, name: str = "", *, dialect: str = "") -> list[dict[str, Any]]:
        """Return the events that were taken in since the reset, each once, in their order."""
        found: list[dict[str, Any]] = self._ask("GET", "good" + _query(name, dialect))["events"]
        return found

    def bad(self, name: str = "", *, dialect: str = "") -> list[dict[str, Any]]:
        """Return what was refused since the reset: `reason`, `message` and what was `sent`."""
        found: list[dict[str, Any]] = self._ask("GET", "bad" + _query(name, dialect))["refused"]
        return found

    def counts(self) -> dict[str, Any]:
        """Return how many were taken in and refused, by name, dialect and reason."""
        return self._ask("GET", "all")

    def reset(self) -> None:
        """Forget all events, faults and times that were set."""
        self._ask("POST", "reset")

    def clock(self, now: str, *, frozen: bool = False) -> None:
        """Set the twin's clock; `frozen`: let it stand there."""
        self._ask("POST", "clock", {"now": now, "frozen": frozen})

    def fail(
        self, status: int = 503, *, times: int = 1, key: str | None = None, stored: bool = False
    ) -> None:
        """Answer the next requests so; `key`: of this key alone; `stored`: after storing them."""
        self._ask(
            "POST", "faults", {"status": status, "times": times, "key": key, "stored": stored}
        )

    def wait_for(
        self, n: int, *, name: str = "", seconds: float = WAIT_SECONDS
    ) -> list[dict[str, Any]]:
        """Return the events once there are `n`. Raises AssertionError when they do not come."""
        end = time.monotonic() + seconds
        while len(found := self.good(name)) < n:
            if time.monotonic() > end:
                raise AssertionError(self._too_few(n, found, seconds))
            time.sleep(PAUSE_SECONDS)
        return found

    def assert_event(self, name: str, **properties: Any) -> dict[str, Any]:
        """Return the event of that name which has these properties.

        Raises AssertionError, which says how those that come closest differ.
        """
        found = self.good(name)
        for event in found:
            sent = event["properties"]
            if all(one in sent and sent[one] == value for one, value in properties.items()):
                return event
        raise AssertionError(told(name, properties, self.good(), self.bad()))

    def close(self) -> int:
        """End the twin and return its exit code, 0 when it drained."""
        with self._process as ending:  # closes its pipes
            ending.terminate()
            return ending.wait()

    def _too_few(self, n: int, found: Sequence[Any], seconds: float) -> str:
        refused = [f"{one['reason']}: {one['message']}" for one in self.bad()]
        text = f"{len(found)} events of {n} arrived within {seconds:g} s"
        return "\n  ".join([text + (", and these were refused:" if refused else ""), *refused])

    def _ask(self, method: str, what: str, body: object = None) -> dict[str, Any]:
        if (code := self._process.poll()) is not None:
            raise TwinFailed(f"the twin has ended with code {code}")
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request(method, f"/v1/test/{what}", json.dumps(body) if body else None)
            answer = connection.getresponse()
            found: dict[str, Any] = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise TwinFailed(found.get("error", f"status {answer.status}"))
        return found


def _query(name: str, dialect: str) -> str:
    asked = {key: value for key, value in (("name", name), ("dialect", dialect)) if value}
    return f"?{urlencode(asked)}" if asked else ""
