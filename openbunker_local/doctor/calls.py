"""One request to a server and what came back, or that nothing did. Knows no route.

With the standard library's client, and a connection of its own for each: what a first event of
somebody new meets is what is to be timed.
"""

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

SECONDS = 30.0
MOST_BYTES = 4_000_000


class Unreachable(Exception):
    """No answer came. The message says why."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: its path with a query, its headers, and its body as JSON if it has one."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, its headers in lower case, and after how many milliseconds."""

    status: int
    headers: Mapping[str, str]
    text: str
    ms: float

    @property
    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Server:
    """Where requests go. `monotonic` is in seconds."""

    def __init__(self, url: str, monotonic: Callable[[], float]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError(f"{url} is no address such as https://events.example.com")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._base = parts.path.rstrip("/")
        self._monotonic = monotonic

    def call(self, ask: Ask) -> Answer:
        """Return the answer, whatever it says. Raises Unreachable."""
        connection = self._connection()
        began = self._monotonic()
        try:
            body = None if ask.body is None else json.dumps(ask.body)
            headers = {"content-type": "application/json"} if body else {}
            connection.request(ask.method, self._base + ask.path, body, {**headers, **ask.headers})
            reply = connection.getresponse()
            text = reply.read(MOST_BYTES).decode("utf-8", "replace")
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        ms = (self._monotonic() - began) * 1e3
        told = {name.lower(): value for name, value in reply.getheaders()}
        return Answer(reply.status, told, text, ms)

    def _connection(self) -> HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return HTTPSConnection(self._host, self._port, timeout=SECONDS, context=context)
        return HTTPConnection(self._host, self._port, timeout=SECONDS)
