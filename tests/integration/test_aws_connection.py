"""The client's kept connection against servers that are slow, broken or gone, on loopback."""

import socket
from collections.abc import Iterator
from itertools import count
from threading import Event

import pytest

from openbunker.aws.connection import Connection, ConnectionFailed
from openbunker.aws.lookup import Lookup, Place, resolve
from tests.support.scripted import CLOSE, HANG, RESET, scripted

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
ANSWER = (200, {"content-length": "2"}, b"ok")


class Ticking:
    """A clock that goes on by a tenth of a second whenever somebody looks."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.looks / 10


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_connection_is_kept_for_the_next_request() -> None:
    with scripted([OK, OK, OK]) as server:
        connection = Connection(server.url)
        for body in (b"1", b"2", b"3"):
            assert connection.post(body, {"host": connection.host}) == ANSWER
        assert [request[-1:] for request in server.requests] == [b"1", b"2", b"3"]


def test_it_is_opened_ahead_and_once() -> None:
    with scripted([OK]) as server:
        connection = Connection(server.url)
        connection.open()
        connection.open()
        assert connection.post(b"", {}) == ANSWER


def test_opening_ahead_never_raises(silent: int) -> None:
    """Nobody listens, no such name, no handshake: the first request will tell."""
    clock = Ticking()
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    Connection(f"http://127.0.0.1:{port}").open()
    Connection("http://no.such.name.invalid").open()
    Connection(f"https://127.0.0.1:{silent}", monotonic=clock).open()


@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_a_kept_connection_that_was_closed_costs_no_request(end: bytes) -> None:
    """Closed or reset before a byte of an answer: sent once more, on a new one."""
    with scripted([OK, end], [OK]) as server:
        connection = Connection(server.url)
        assert [connection.post(body, {}) for body in (b"1", b"2")] == [ANSWER, ANSWER]
        assert [request[-1:] for request in server.requests] == [b"1", b"2", b"2"]


@pytest.mark.parametrize("end", [CLOSE, RESET, b"HTTP/1.1 200 OK\r\ncont|" + CLOSE])
def test_a_new_connection_that_is_closed_is_a_failure(end: bytes) -> None:
    """Once is enough: nobody knows what was done."""
    with scripted([end], [OK]) as server:
        connection = Connection(server.url)
        with pytest.raises(ConnectionFailed):
            connection.post(b"1", {})
        assert connection.post(b"2", {}) == ANSWER


@pytest.mark.parametrize(
    "cut", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"]
)
@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_an_answer_that_broke_off_is_not_asked_for_again(cut: bytes, end: bytes) -> None:
    """The request was carried out: a kept connection makes no difference."""
    with scripted([OK, cut + b"|" + end], [OK]) as server:
        connection = Connection(server.url)
        connection.post(b"1", {})
        with pytest.raises(ConnectionFailed):
            connection.post(b"2", {})
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok-and-more",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    ],
)
def test_what_must_not_be_kept_is_closed(answer: bytes) -> None:
    """Above all one with bytes that nobody asked for: they would be the next answer."""
    with scripted([answer], [OK]) as server:
        connection = Connection(server.url)
        assert [connection.post(b"", {})[2] for _ in range(2)] == [b"ok", b"ok"]


@pytest.mark.parametrize(
    "slow",
    [
        b"|".join(bytes([byte]) for byte in OK[:-1]) + b"|" + HANG,
        b"|".join([b"HTTP/1.1 100 Continue\r\n\r\n"] * 5) + b"|" + HANG,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n|1\r\n|a\r\n|" + HANG,
        b"HTTP/1.1 200 OK\r\n\r\n|no end|" + HANG,
        HANG,
    ],
)
def test_one_deadline_holds_for_a_whole_request(slow: bytes) -> None:
    """Whatever drips: each step waits for what is left, not for a time of its own."""
    with scripted([slow], [slow]) as server:
        connection = Connection(server.url)
        with pytest.raises(ConnectionFailed, match=r"[Tt]ime"):
            connection.post(b"", {}, seconds=0.1)


def test_a_drip_is_counted_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte is there at once, and the time is up all the same: 3.5 s at 0.1 s a look."""
    monkeypatch.setattr("openbunker.aws.connection._READ_BYTES", 1)
    clock = Ticking()
    with scripted([b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n" + b"x" * 999]) as server:
        connection = Connection(server.url, monotonic=clock)
        with pytest.raises(ConnectionFailed, match="time for this request is up"):
            connection.post(b"", {})
    assert clock.looks <= 40


def test_a_request_that_nobody_reads_ends_in_time(silent: int) -> None:
    """Sending is a step like any other: the system's buffers are full at some time."""
    connection = Connection(f"http://127.0.0.1:{silent}")
    with pytest.raises(ConnectionFailed, match=r"[Tt]ime"):
        connection.post(bytes(32 << 20), {}, seconds=0.2)


def test_a_handshake_that_hangs_ends_in_time(silent: int) -> None:
    connection = Connection(f"https://127.0.0.1:{silent}")
    with pytest.raises(ConnectionFailed, match=r"[Tt]ime"):
        connection.post(b"", {}, seconds=0.1)


def test_a_look_up_that_hangs_ends_in_time_and_is_waited_for_later() -> None:
    """One question is asked, however often the connection is tried; its answer is not lost."""
    may_answer, asked = Event(), count()

    def ask(host: bytes, port: int) -> list[Place]:
        next(asked)
        may_answer.wait()
        return list(resolve(host, port))

    with scripted([OK]) as server:
        lookup = Lookup(b"127.0.0.1", int(server.url.rsplit(":", 1)[1]), ask)
        connection = Connection("http://somewhere.invalid", lookup=lookup)
        for _ in range(2):
            with pytest.raises(ConnectionFailed, match="address did not come in time"):
                connection.post(b"", {}, seconds=0.02)
        may_answer.set()
        assert connection.post(b"", {}) == ANSWER
    assert next(asked) == 1


def test_where_a_name_led_before_does_while_nobody_says_where_it_leads() -> None:
    """A reconnect does not depend on a name server that hangs or fails."""
    never = Event()

    def ask(host: bytes, port: int) -> list[Place]:
        if len(answers) == 1:
            never.wait()
        return answers.pop()

    with scripted([OK + b"|" + CLOSE], [OK]) as server:
        port = int(server.url.rsplit(":", 1)[1])
        answers = [[], list(resolve(b"127.0.0.1", port))]
        connection = Connection("http://x.invalid", lookup=Lookup(b"x.invalid", port, ask))
        assert [connection.post(b"", {}) for _ in range(2)] == [ANSWER, ANSWER]
    never.set()


def test_a_name_that_leads_to_two_places_is_tried_at_both() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = list(resolve(b"127.0.0.1", gone.getsockname()[1]))
    with scripted([OK]) as server:
        port = int(server.url.rsplit(":", 1)[1])
        both = [*nobody, *resolve(b"127.0.0.1", port)]
        lookup = Lookup(b"x.invalid", port, lambda _host, _port: both)
        assert Connection("http://x.invalid", lookup=lookup).post(b"", {}) == ANSWER


def test_a_large_request_and_a_large_answer_travel_whole() -> None:
    body = bytes(range(256)) * 2000
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
    with scripted([answer + body.replace(b"|", b"!")]) as server:
        found = Connection(server.url).post(b"x" * 100_000, {})
    assert found[2] == body.replace(b"|", b"!")
