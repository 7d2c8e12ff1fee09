"""Bytes on a socket: what a client of our own would never send, and what comes back."""

import socket
from dataclasses import dataclass

from tests.support.server import RunningServer

BODY = b'{"event_name": "a"}'


@dataclass(frozen=True)
class Raw:
    """A response as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def reason(self) -> str | None:
        """Our reason, None where there is none."""
        return self.headers.get("x-openbunker-reason")


def connect(server: RunningServer) -> socket.socket:
    """Return a connection to a server."""
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def key_of(server: RunningServer) -> bytes:
    """Return the header of the demo's write key."""
    return b"x-eventbunker-write-key: " + server.demo["write_key"].encode()


def chunks(*parts: bytes) -> bytes:
    """Return a chunked body."""
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (*parts, b""))


def request(line: bytes, *headers: bytes, body: bytes = BODY) -> bytes:
    """Return a request that asks for the end of its connection."""
    fixed = (b"Host: localhost", b"Connection: close", b"Content-Type: application/json")
    return b"\r\n".join((line, *fixed, *headers)) + b"\r\n\r\n" + body


def until_closed(connection: socket.socket) -> bytes:
    """Return everything that comes until the server closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def exchange(server: RunningServer, data: bytes) -> bytes:
    """Send bytes and return everything that comes back until the server closes."""
    with connect(server) as connection:
        connection.sendall(data)
        return until_closed(connection)


def parsed(answer: bytes) -> Raw:
    """Return a response; a body that is followed by another response is cut at its length."""
    head, _, body = answer.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(text.lower().split(": ", 1) for text in lines)
    return Raw(int(line.split(" ")[1]), headers, body)


def responses(answer: bytes) -> list[Raw]:
    """Return all responses of a connection, by their lengths."""
    found = []
    while answer:
        head, _, rest = answer.partition(b"\r\n\r\n")
        size = int(parsed(head + b"\r\n\r\n").headers.get("content-length", "0"))
        found.append(parsed(head + b"\r\n\r\n" + rest[:size]))
        answer = rest[size:]
    return found


def next_answer(connection: socket.socket) -> Raw:
    """Return the next response of a connection that stays; it must come alone."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536)
    size = int(parsed(got).headers.get("content-length", "0"))
    while len(parsed(got).body) < size:
        got += connection.recv(65536)
    return parsed(got)
