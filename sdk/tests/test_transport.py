"""HTTP itself: kept connections, dead ones, answers that come slowly or not at all."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from openbunker_client import Client, Request
from openbunker_client.delivery.transport import LONGEST_IDLE, HttpTransport
from sdk.tests.simulated import Collector

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-Mixed: Case\r\n\r\n{}"
Script = Callable[[socket.socket], None]


@contextmanager
def scripted(*scripts: Script) -> Iterator[tuple[str, list[bytes]]]:
    """A server that does as the script of each connection says; and what it was sent."""
    listener, heard = socket.create_server(("127.0.0.1", 0)), list[bytes]()

    def serve() -> None:
        for script in scripts:
            with suppress(OSError):  # the client may leave
                connection, _ = listener.accept()
                with connection:
                    script(Heard(connection, heard))  # type: ignore[arg-type]

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    listener.close()


class Heard:
    """A socket that notes each request it is sent."""

    def __init__(self, connection: socket.socket, heard: list[bytes]) -> None:
        self._connection, self._heard = connection, heard
        self.sendall = connection.sendall

    def recv(self, _size: int) -> bytes:
        data = b""
        while not data.endswith(b"[1]") and (piece := self._connection.recv(65536)):
            data += piece
        if data:
            self._heard.append(data)
        return data


def answers(connection: socket.socket) -> None:
    while connection.recv(1):
        connection.sendall(OK)


def answers_once(connection: socket.socket) -> None:
    connection.recv(1)
    connection.sendall(OK)


def dies_unanswered(connection: socket.socket) -> None:
    connection.recv(1)


def request(url: str) -> Request:
    return Request("POST", f"{url}/batch?client_id=key", {"Content-Type": "a/b"}, b"[1]")


def test_a_connection_is_kept() -> None:
    with scripted(answers) as (url, heard):
        transport = HttpTransport(url, 5)
        for _ in range(3):
            headers = {"content-length": "2", "x-mixed": "Case"}
            assert transport(request(url)) == (200, headers, b"{}")
        transport.forget()
    assert len(heard) == 3
    assert heard[0].startswith(b"POST /batch?client_id=key HTTP/1.1\r\n")


def test_a_kept_connection_that_the_server_closed_is_opened_again() -> None:
    with scripted(answers_once, answers_once) as (url, heard):
        transport = HttpTransport(url, 5)
        assert transport(request(url)).status == 200
        assert transport(request(url)).status == 200
    assert len(heard) == 2


def test_a_kept_connection_that_dies_unanswered_sends_the_same_once_more() -> None:
    def answers_then_dies(connection: socket.socket) -> None:
        answers_once(connection)
        connection.recv(1)

    with scripted(answers_then_dies, answers_once) as (url, heard):
        transport = HttpTransport(url, 5)
        for _ in range(2):
            assert transport(request(url)).status == 200
    assert heard[1] == heard[2]


def test_a_new_connection_that_dies_is_a_failure_and_not_repeated_here() -> None:
    with scripted(dies_unanswered, answers_once) as (url, heard):
        with pytest.raises(ConnectionError):
            HttpTransport(url, 5)(request(url))
        assert len(heard) == 1


@pytest.mark.parametrize("jump", [LONGEST_IDLE, 3600.0, -3600.0])
def test_a_connection_that_was_idle_for_long_is_not_trusted(jump: float) -> None:
    """A machine that was frozen hears nothing of what became of its connections."""
    now, connections = [1000.0], list[int]()

    def answers_and_counts(connection: socket.socket) -> None:
        connections.append(1)
        answers(connection)

    with scripted(answers_and_counts, answers_and_counts) as (url, _):
        transport = HttpTransport(url, 5, wall=lambda: now[0])
        transport(request(url))
        now[0] += jump
        transport(request(url))
        transport.forget()
    assert len(connections) == 2


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("begins", "drop"),
    [
        (HEAD + b"content-length: 9999\r\n\r\n", b"x"),
        (HEAD + b"x: ", b"y"),
        (HEAD, b"x: y\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED, b"1\r\nx\r\n"),
        (CHUNKED + b"0\r\n", b"x: y\r\n"),
    ],
    ids=["body", "header", "headers", "continues", "chunks", "trailers"],
)
def test_an_answer_that_comes_drop_by_drop_has_no_more_time_than_others(
    begins: bytes, drop: bytes
) -> None:
    ticks, ticked = iter(range(1000)), threading.Semaphore(0)

    def clock() -> float:
        ticked.release()
        return next(ticks)

    def drips(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(begins)
        while ticked.acquire(timeout=5):
            connection.sendall(drop)

    with scripted(drips) as (url, _):
        with pytest.raises(TimeoutError, match="too long"):
            HttpTransport(url, 20, clock=clock)(request(url))
        ticked.release(2)


def test_an_answer_without_an_end_is_not_read_for_ever() -> None:
    def floods(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with scripted(floods) as (url, _), pytest.raises(OSError, match="too large"):
        HttpTransport(url, 5)(request(url))


def test_a_server_that_answers_before_it_has_read_everything_is_heard() -> None:
    def hangs_up(connection: socket.socket) -> None:
        plain = connection._connection  # type: ignore[attr-defined]
        plain.recv(1000)
        plain.sendall(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")

    with scripted(hangs_up) as (url, _):
        transport = HttpTransport(url, 30)
        big = Request("POST", f"{url}/batch", {}, b"x" * 20_000_000)
        assert transport(big).status == 413
        assert not transport._idle


def test_a_server_that_never_answers_is_left_after_the_timeout() -> None:
    release = threading.Event()

    def silent(connection: socket.socket) -> None:
        connection.recv(1)
        release.wait(30)

    with scripted(silent) as (url, _):
        with pytest.raises(TimeoutError):
            HttpTransport(url, 0.05)(request(url))
        release.set()


def test_a_forked_child_does_not_use_its_parents_connection(
    server: tuple[str, Collector],
) -> None:
    client = Client("key", server[0])
    client.track("good")
    client.flush()
    transport = client._transport
    assert isinstance(transport, HttpTransport)
    assert transport._idle
    client._engine.forked()
    assert not transport._idle
    client.close()


def test_threads_do_not_share_a_connection(server: tuple[str, Collector]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    url, collector = server
    transport = HttpTransport(url, 30)
    bodies = [b'[{"name":"good","eventId":"%d"}]' % at for at in range(200)]

    def send(body: bytes) -> bool:
        answer = json.loads(transport(Request("POST", f"{url}/batch", {}, body)).body)
        return bool(answer["results"][0]["eventId"] == json.loads(body)[0]["eventId"])

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(send, bodies))
    assert len(collector.stored) == 200
    transport.forget()


def test_https_checks_certificates() -> None:
    transport = HttpTransport("https://127.0.0.1:1", 5)
    assert transport._ssl is not None
    assert transport._ssl.check_hostname
    with pytest.raises(OSError, match="refused"):
        transport(Request("GET", "https://127.0.0.1:1/", {}, b""))
