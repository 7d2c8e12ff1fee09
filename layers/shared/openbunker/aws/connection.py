"""One kept HTTP connection to one endpoint: sends bytes, returns status, headers and bytes.

Knows the one deadline of a request, TLS trust and the one safe moment for a reconnect. Knows no
AWS protocol; how an answer is read is `http1`'s.
"""

import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence

from openbunker.aws.endpoints import parts
from openbunker.aws.http1 import Answer, BadAnswer, read_answer, request_head
from openbunker.aws.lookup import Lookup, Place
from openbunker.aws.roots import AMAZON_ROOTS
from openbunker.aws.time_left import TimeLeft

# A new connection takes so long at most, its look-up and handshake included, and so does a request
# of which nobody said how long it may take: whatever the other side does.
CONNECT_SECONDS = 1.0
REQUEST_SECONDS = 3.5

# Up to here head and body travel together: what a copy costs is less than another packet.
_JOINED_BYTES = 64 * 1024
_READ_BYTES = 64 * 1024

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
        lookup: Lookup | None = None,
    ) -> None:
        at = parts(endpoint)
        self.host, self._name = at.host, at.name
        self._lookup = lookup or Lookup(at.name, at.port)
        self._trust = list(trust) if at.secure else []
        self._context: ssl.SSLContext | None = None
        self._kept: socket.socket | None = None
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
        """Send a request and return the answer, all of it within `seconds`.

        None stands for REQUEST_SECONDS. Raises ConnectionFailed.
        When a kept connection turns out closed before any byte of an answer, the request is sent
        once more on a new one. The far side may have worked on the first: at least once.
        """
        time_left = TimeLeft(self._monotonic, REQUEST_SECONDS if seconds is None else seconds)
        head = request_head(method, path, headers, len(body))
        try:
            began = self._begin(head, body, time_left)
            return self._answer(began, time_left)
        except (OSError, BadAnswer) as error:
            self.close()
            raise ConnectionFailed(repr(error)) from error

    def open(self) -> None:
        """Open the connection ahead of the first request; that one meets a failure again."""
        try:
            if self._kept is None:
                self._open(TimeLeft(self._monotonic, CONNECT_SECONDS))
        except OSError:
            self.close()

    def close(self) -> None:
        """Let the connection go; the next request opens another one."""
        if self._kept:
            self._kept.close()
        self._kept = None

    def _begin(self, head: bytes, body: bytes, time_left: TimeLeft) -> bytes:
        """Send the request and return the first bytes of its answer. Raises OSError."""
        if kept := self._kept:
            try:
                return _asked(kept, head, body, time_left)
            except _CLOSED:
                self.close()
        return _asked(self._open(time_left), head, body, time_left)

    def _answer(self, began: bytes, time_left: TimeLeft) -> Answer:
        """Return the answer that began so. Raises OSError, BadAnswer."""
        connection, first = self._kept, [began]
        assert connection is not None

        def receive() -> bytes:
            return first.pop() if first else _received(connection, time_left)

        answer, keeps = read_answer(receive)
        if not keeps:
            self.close()
        return answer

    def _open(self, time_left: TimeLeft) -> socket.socket:
        """Open a connection and keep it. Raises OSError: no part of a request was sent."""
        time_left = time_left.at_most(CONNECT_SECONDS)
        while True:
            try:
                self._kept = self._secured(self._connected(time_left), time_left)
            except ssl.SSLCertVerificationError:
                if len(self._trust) == 1:
                    raise
                self._trust.pop(0)
                self._context = None
                continue
            return self._kept

    def _connected(self, time_left: TimeLeft) -> socket.socket:
        failure: OSError = OSError("the name leads nowhere")
        for place in self._lookup.places(time_left.seconds()):
            try:
                return _connected(place, time_left)
            except OSError as error:
                failure = error
        raise failure

    def _secured(self, plain: socket.socket, time_left: TimeLeft) -> socket.socket:
        if not self._trust:
            return plain
        try:
            self._context = self._context or self._trust[0]()
            plain.settimeout(time_left.seconds())  # which a handshake counts as a whole
            # An end without TLS's own end may have been forged: it is told as an error.
            return self._context.wrap_socket(
                plain, server_hostname=self._name, suppress_ragged_eofs=False
            )
        except OSError:
            plain.close()
            raise


def _connected(place: Place, time_left: TimeLeft) -> socket.socket:
    family, kind, protocol, _, address = place
    made = socket.socket(family, kind, protocol)
    try:
        made.settimeout(time_left.seconds())
        made.connect(address)
        # Nagle's algorithm would hold back the body that follows a head.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        made.close()
        raise
    return made


def _asked(connection: socket.socket, head: bytes, body: bytes, time_left: TimeLeft) -> bytes:
    """Send a request and return the first bytes that come back. Raises OSError."""
    parts = (head + body,) if len(body) <= _JOINED_BYTES else (head, body)
    for part in parts:
        rest = memoryview(part)
        while rest:
            connection.settimeout(time_left.seconds())
            rest = rest[connection.send(rest) :]
    first = _received(connection, time_left)
    if not first:
        raise ConnectionAbortedError("the connection ended before an answer")
    return first


def _received(connection: socket.socket, time_left: TimeLeft) -> bytes:
    connection.settimeout(time_left.seconds())
    return connection.recv(_READ_BYTES)
