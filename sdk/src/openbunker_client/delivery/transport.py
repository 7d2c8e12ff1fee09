"""Requests over HTTP/1.1 with kept connections: the default transport.

One attempt a call, bounded in time as a whole; when to try again is not decided here. The one
exception: a kept connection that turns out to be dead before any byte of an answer came (the server
closed it, the machine was frozen) says nothing about the server, so the request goes out once more
on a new one. The events in it carry their ids, so the server knows them again.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable
from typing import Any
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
        return self._exchange(self._connection(deadline), request, deadline)

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

    def _connection(self, deadline: float) -> http.client.HTTPConnection:
        left = self._left(deadline)
        if self._ssl is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=left)
        return http.client.HTTPSConnection(self._host, self._port, timeout=left, context=self._ssl)

    def _exchange(
        self, connection: http.client.HTTPConnection, request: Request, deadline: float
    ) -> Response:
        try:
            answer = self._answer(connection, request, deadline)
            text = _whole(answer)
        except BaseException:
            connection.close()
            raise
        if not answer.will_close:
            self._idle.append((connection, self._wall()))
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, names, text)

    def _answer(
        self, connection: http.client.HTTPConnection, request: Request, deadline: float
    ) -> http.client.HTTPResponse:
        """Send a request; return the head of its answer, whose bytes come until the deadline."""

        def timed(sock: socket.socket, **more: Any) -> http.client.HTTPResponse:
            reads: Any = _Timed(sock, deadline, self._left)
            return http.client.HTTPResponse(reads, **more)

        method, url, headers, body = request
        path = url[url.index("/", url.index("//") + 2) :]
        connection.response_class = timed  # type: ignore[assignment]
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(self._left(deadline))
        try:
            connection.request(method, path, body or None, dict(headers))
        except ConnectionError:
            # It may have answered before it had read everything, as when that is too much for it.
            answer = connection.getresponse()
            answer.will_close = True
            return answer
        return connection.getresponse()

    def _left(self, deadline: float) -> float:
        """Return the seconds until the deadline. Raises TimeoutError when it is over."""
        left = deadline - self._clock()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        return left


class _Timed(io.RawIOBase):
    """What a socket reads until a deadline, however slowly the bytes come. Stands for the socket.

    A timeout of the socket's own begins anew with each byte: a head of endless lines, or one
    `100 Continue` after the other, would hold the sending thread for ever.
    """

    def __init__(
        self, sock: socket.socket, deadline: float, left: Callable[[float], float]
    ) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline, self._left_until = deadline, left

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the file that http.client reads."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Say that it is read from."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what there is. Raises TimeoutError after the deadline."""
        self._sock.settimeout(self._left_until(self._deadline))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


def _whole(answer: http.client.HTTPResponse) -> bytes:
    """Return the body. Raises OSError when it has no end."""
    found = bytearray()
    while piece := answer.read1(65536):
        found += piece
        if len(found) > LONGEST_ANSWER:
            raise OSError("the answer was too large")
    answer.read()
    return bytes(found)
