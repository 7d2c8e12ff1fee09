"""What a hostile client does to a front: each attack is bounded in time, and against loopback.

Run as a process of its own, so that it does not slow the one that measures.
"""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

MIB = 1024 * 1024
# What an attacker's line carries, where an attack is not one of small requests.
BYTES_A_SECOND = 25 * MIB
ROUND_SECONDS = 0.1


@dataclass(frozen=True)
class Target:
    """Whom to attack, with which keys, and until when."""

    host: str
    port: int
    client_id: str
    write_key: str
    until: float

    def connect(self) -> socket.socket:
        """Return a connection that gives up soon."""
        return socket.create_connection((self.host, self.port), timeout=2)

    def again(self) -> Iterator[None]:
        """Yield until the time is up."""
        while time.monotonic() < self.until:
            yield


def endless_header(target: Target) -> None:
    """Send a header without an end, on one connection after the other."""
    _flood(target, b"GET /health HTTP/1.1\r\nx-a: ", b"a" * MIB)


def repeated_headers(target: Target) -> None:
    """Send 60,000 times the same header."""
    _flood(target, b"GET /health HTTP/1.1\r\n", b"x-a: " + b"b" * 90 + b"\r\n", 60_000)


def pipelined(target: Target) -> None:
    """Send small requests one behind the other and read no answer."""
    _flood(target, b"", b"GET / HTTP/1.1\r\n\r\n" * 50_000)


def half_open(target: Target) -> None:
    """Hold 1,200 connections and send nothing; open what was closed again."""
    _hold(target, 1_200, b"")


def slow_heads(target: Target) -> None:
    """Hold 1,200 connections with half a head each, and send a byte of it now and then."""
    _hold(target, 1_200, b"GET /health HTTP/1.1\r\nx-a: ", b"a")


def half_bodies(target: Target) -> None:
    """Hold 200 bodies of 1.4 MiB but for their ends."""
    head = b"POST /post HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (14 * MIB // 10)
    _hold(target, 200, head + b"a" * (13 * MIB // 10))


def large_bodies(target: Target) -> None:
    """Hold 200 bodies of 6 MiB but for their ends: more than is read of one."""
    head = b"POST /post HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (6 * MIB)
    _hold(target, 200, head + b"a" * (5 * MIB))


def malformed_bodies(target: Target) -> None:
    """Send what is no JSON with a public key and from a foreign page."""
    head = f"POST /batch?client_id={target.client_id} HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example"
    request = f"{head}\r\nContent-Length: 4000\r\n\r\n{'x' * 4000}".encode()
    _answered(target, request)


def upgrades(target: Target) -> None:
    """Offer an upgrade with each request."""
    lines = ("POST /post HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: h2c")
    head = "\r\n".join((*lines, "Content-Length: 4", "", ""))
    _answered(target, f"{head}abcd".encode())


ATTACKS: dict[str, Callable[[Target], None]] = {
    "endless header": endless_header,
    "60,000 equal headers": repeated_headers,
    "requests without reading": pipelined,
    "1,200 silent connections": half_open,
    "1,200 slow heads": slow_heads,
    "200 half-sent bodies": half_bodies,
    "200 too large bodies": large_bodies,
    "malformed bodies": malformed_bodies,
    "offers to upgrade": upgrades,
}


def _flood(target: Target, start: bytes, piece: bytes, times: int = 100) -> None:
    for _ in target.again():
        with contextlib.suppress(OSError), target.connect() as connection:
            connection.sendall(start)
            connection.sendall(piece * times if len(piece) < 1000 else piece)
            for _ in range(times if len(piece) >= 1000 else 0):
                connection.sendall(piece)


def _hold(target: Target, number: int, start: bytes, drop: bytes = b"") -> None:
    """Hold connections, and open those again that were closed, as fast as the line allows."""
    a_round = max(1, int(BYTES_A_SECOND * ROUND_SECONDS / max(len(start), 20_000)))
    held: list[socket.socket] = []
    for _ in target.again():
        for _ in range(min(a_round, number - len(held))):
            with contextlib.suppress(OSError):
                held.append(target.connect())
                held[-1].sendall(start)
        held = [connection for connection in held if _lives(connection, drop)]
        time.sleep(ROUND_SECONDS)
    for connection in held:
        connection.close()


def _lives(connection: socket.socket, drop: bytes) -> bool:
    connection.setblocking(False)
    try:
        if drop:
            connection.send(drop)
        alive = bool(connection.recv(4096))
    except BlockingIOError:
        return True
    except OSError:
        alive = False
    if not alive:
        connection.close()
    return alive


def _answered(target: Target, request: bytes) -> None:
    connection = target.connect()
    for _ in target.again():
        try:
            connection.sendall(request)
            if not connection.recv(65536):
                raise ConnectionError  # as if it had been reset
        except OSError:
            connection.close()
            connection = target.connect()
    connection.close()


def main(name: str, seconds: str, url: str, client_id: str, write_key: str) -> None:
    """Attack for so many seconds."""
    where = urlsplit(url)
    until = time.monotonic() + float(seconds)
    host, port = where.hostname or "127.0.0.1", where.port or 80
    ATTACKS[name](Target(host, port, client_id, write_key, until))
