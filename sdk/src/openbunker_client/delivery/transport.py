"""Requests over HTTP/1.1 with kept connections: the default transport.

One attempt a call, bounded in time; when to try again is not decided here. The one exception: a
kept connection that turns out to be dead before any byte of an answer came (the server closed it,
the machine was frozen) says nothing about the server, so the request goes out once more on a new
one. The events in it carry their ids, so the server knows them again.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from openbunker_client.model import Request, Response

# Servers and balancers close what was idle for long, and a frozen machine hears nothing of it.
LONGEST_IDLE = 15.0
LONGEST_ANSWER = 4 * 1024 * 1024
_DEAD = (http.client.RemoteDisconnected, ConnectionError, http.client.CannotSendRequest)


class HttpTransport:
    """Sends requests to one origin. Threads may share it: each request has its connection."""

    def __init__(
        self,
        origin: str,
        timeout: float,
        *,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(origin)
        self._host, self._port = parts.hostname or "", parts.port
        self._timeout = timeout
        self._wall, self._clock = wall, clock
        self._idle: list[tuple[http.client.HTTPConnection, float]] = []
        # Resolving a name loads this codec. A child that is forked while our thread loads a module
        # would wait for ever for it, so the thread must have nothing left to load.
        "".encode("idna")
        self._ssl = None
        if parts.scheme == "https":
            import ssl  # noqa: PLC0415  only where it is needed; here, so not in a thread of ours

            self._ssl = ssl.create_default_context()

    def __call__(self, request: Request) -> Response:
        """Return the answer. Raises OSError or HTTPException when none came."""
        deadline = self._clock() + self._timeout
        kept = self._kept()
        if kept is not None:
            try:
                return self._exchange(kept, request, deadline)
            except _DEAD:
                pass
        return self._exchange(self._connection(), request, deadline)

    def forget(self) -> None:
        """Close kept connections; in a forked child they are the parent's and only let go of."""
        while self._idle:
            self._idle.pop()[0].close()

    def _kept(self) -> http.client.HTTPConnection | None:
        while self._idle:
            connection, since = self._idle.pop()
            if 0 <= self._wall() - since < LONGEST_IDLE:
                return connection
            connection.close()
        return None

    def _connection(self) -> http.client.HTTPConnection:
        if self._ssl is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout, context=self._ssl
        )

    def _exchange(
        self, connection: http.client.HTTPConnection, request: Request, deadline: float
    ) -> Response:
        try:
            method, url, headers, body = request
            path = url[url.index("/", url.index("//") + 2) :]
            connection.request(method, path, body or None, dict(headers))
            answer = connection.getresponse()
            text = self._read(connection, answer, deadline)
        except BaseException:
            connection.close()
            raise
        if not answer.will_close:
            self._idle.append((connection, self._wall()))
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, names, text)

    def _read(
        self,
        connection: http.client.HTTPConnection,
        answer: http.client.HTTPResponse,
        deadline: float,
    ) -> bytes:
        """Return the body. A server that sends it drop by drop has no more time than others."""
        found = bytearray()
        while piece := answer.read1(65536):
            found += piece
            left = deadline - self._clock()
            if left <= 0 or len(found) > LONGEST_ANSWER:
                raise TimeoutError("the answer took too long or was too large")
            if connection.sock is not None:
                connection.sock.settimeout(left)
        if connection.sock is not None:
            connection.sock.settimeout(self._timeout)
        answer.read()
        return bytes(found)
