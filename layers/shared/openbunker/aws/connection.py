"""One kept HTTP connection to one endpoint: sends bytes, returns status, headers and bytes.

Knows timeouts, TLS trust and the one safe moment for a reconnect. Knows no AWS protocol.
"""

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from openbunker.aws.roots import AMAZON_ROOTS

CONNECT_SECONDS = 1.0
READ_SECONDS = 2.5

# Status, headers by lower-case name, body.
Answer = tuple[int, Mapping[str, str], bytes]


# How a connection says that the other side has closed it, plain and under TLS.
_CLOSED = (
    ConnectionResetError,
    ConnectionAbortedError,
    BrokenPipeError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)


class ConnectionFailed(Exception):
    """No whole answer came. Whether the request was carried out is not known."""


def amazon_trust() -> ssl.SSLContext:
    """Trust what AWS's endpoints are signed with: 1 ms to load, the system's list takes 20."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=AMAZON_ROOTS)
    return context


# Tried in this order, the next when a certificate does not verify; all check the host's name.
TRUST: Sequence[Callable[[], ssl.SSLContext]] = (amazon_trust, ssl.create_default_context)


class Connection:
    """A connection to `http(s)://host[:port]` that is opened at need and kept.

    Not for several threads at once: Lambda gives an environment one request at a time.
    """

    def __init__(
        self,
        endpoint: str,
        trust: Sequence[Callable[[], ssl.SSLContext]] = TRUST,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        address = urlsplit(endpoint)
        if address.scheme not in ("http", "https") or not address.netloc:
            raise ValueError(f"an endpoint is http(s)://host[:port], not {endpoint!r}")
        self.host = address.netloc
        self._trust = list(trust) if address.scheme == "https" else []
        self._context: ssl.SSLContext | None = None
        self._kept: HTTPConnection | None = None
        self._monotonic = monotonic

    def post(self, body: bytes, headers: Mapping[str, str], seconds: float | None = None) -> Answer:
        """POST to `/` and return the answer; see `send`. Raises ConnectionFailed."""
        return self.send("POST", "/", body, headers, seconds)

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        seconds: float | None = None,
    ) -> Answer:
        """Send a request and return the answer, within `seconds`. Raises ConnectionFailed.

        No step waits longer than what is left of `seconds`; None lets each take its own timeout.
        When a kept connection turns out closed before any byte of an answer, the request is sent
        once more on a new one. The far side may have worked on the first: at least once.
        """
        kept = self._kept
        patience = _Patience(self._monotonic, seconds)
        try:
            connection = self._kept or self._open(patience.of(CONNECT_SECONDS))
            return self._exchange(connection, (method, path, body, dict(headers)), patience)
        except _CLOSED as error:
            self.close()
            if kept is None or isinstance(error, _AnswerCutOff):
                raise ConnectionFailed(repr(error)) from error
        except (OSError, HTTPException) as error:
            self.close()
            raise ConnectionFailed(repr(error)) from error
        left = None if seconds is None else patience.of(seconds)
        return self.send(method, path, body, headers, left)

    def open(self) -> None:
        """Open the connection ahead of the first request; that one meets a failure again."""
        try:
            self._open(CONNECT_SECONDS)
        except OSError:
            self.close()

    def close(self) -> None:
        """Let the connection go; the next request opens another one."""
        if self._kept:
            self._kept.close()
        self._kept = None

    def _open(self, seconds: float) -> HTTPConnection:
        while True:
            connection = self._fresh(seconds)
            try:
                connection.connect()
            except ssl.SSLCertVerificationError:
                connection.close()
                if len(self._trust) == 1:
                    raise
                self._trust.pop(0)
                self._context = None
                continue
            self._kept = connection
            return connection

    def _fresh(self, seconds: float) -> HTTPConnection:
        if not self._trust:
            return HTTPConnection(self.host, timeout=seconds)
        self._context = self._context or self._trust[0]()
        return HTTPSConnection(self.host, timeout=seconds, context=self._context)

    def _exchange(
        self,
        connection: HTTPConnection,
        request: tuple[str, str, bytes, dict[str, str]],
        patience: "_Patience",
    ) -> Answer:
        socket = connection.sock
        socket.settimeout(patience.of(READ_SECONDS))
        connection.request(*request)
        socket.settimeout(patience.of(READ_SECONDS))
        response = connection.getresponse()
        socket.settimeout(patience.of(READ_SECONDS))
        data = _read(response)
        if response.will_close:
            self.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, data


class _AnswerCutOff(ConnectionResetError):
    """The connection ended within an answer: the request was carried out, perhaps in part."""


class _Patience:
    """What is left of a request's seconds; without any, each step has its own timeout."""

    def __init__(self, monotonic: Callable[[], float], seconds: float | None) -> None:
        self._monotonic = monotonic
        self._end = None if seconds is None else monotonic() + seconds

    def of(self, own_seconds: float) -> float:
        """Return how long a step may wait. Raises TimeoutError when nothing is left."""
        if self._end is None:
            return own_seconds
        left = self._end - self._monotonic()
        if left <= 0:
            raise TimeoutError("the time for this request is up")
        return min(left, own_seconds)


def _read(response: HTTPResponse) -> bytes:
    try:
        return response.read()
    except ConnectionResetError as error:
        raise _AnswerCutOff(repr(error)) from error
