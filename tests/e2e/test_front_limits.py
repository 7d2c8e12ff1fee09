"""What a client may take before anybody knows who it is: real sockets against small limits."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.raw import (
    Raw,
    connect,
    exchange,
    key_of,
    next_answer,
    parsed,
    request,
    responses,
)
from tests.support.raw import until_closed as read
from tests.support.server import RunningServer, running_server

PLAIN = b"POST /post HTTP/1.1"
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
KIB = 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("limits")) as running:
        yield running


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    times = ("--header-seconds", "0.3", "--body-seconds", "0.6", "--idle-seconds", "1.2")
    with running_server(tmp_path_factory.mktemp("hasty"), *times) as running:
        yield running


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    room = ("--connections", "6", "--held-mib", "1", "--header-kib", "8", "--headers", "20")
    with running_server(tmp_path_factory.mktemp("narrow"), *room) as running:
        yield running


def flood(server: RunningServer, start: bytes, piece: bytes, times: int) -> Raw:
    """Send without an end in sight until the server has had enough, then read what it said."""
    with connect(server) as connection:
        connection.sendall(start)
        try:
            for _ in range(times):
                connection.sendall(piece)
        except OSError:
            pass
        return parsed(read(connection))


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        pytest.param(b"GET /health HTTP/1.1\r\nx-a: ", b"a" * 8 * KIB, id="a value"),
        pytest.param(b"GET /health HTTP/1.1\r\n", b"a" * 8 * KIB, id="a name"),
        pytest.param(b"GET /health?", b"a" * 8 * KIB, id="a target"),
        pytest.param(b"GET /health HTTP/1.1\r\n", b"a: b\r\n" * KIB, id="headers"),
        pytest.param(b"", b"\r\n" * 4 * KIB, id="empty lines"),
        pytest.param(
            b"POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx-a: ",
            b"a" * 8 * KIB,
            id="behind a body",
        ),
        pytest.param(
            b"POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;x=",
            b"a" * 8 * KIB,
            id="beside a chunk's size",
        ),
    ],
)
def test_a_head_without_an_end_is_cut_off(
    server: RunningServer, start: bytes, piece: bytes
) -> None:
    answer = flood(server, start, piece, 12)
    assert (answer.status, answer.reason) == (431, "headers_too_large")


@pytest.mark.parametrize(
    ("count", "size", "status"),
    [(96, 1, 200), (97, 1, 431), (1, 60 * KIB, 200), (1, 66 * KIB, 431), (90, 1000, 431)],
)
def test_headers_count_and_weigh(server: RunningServer, count: int, size: int, status: int) -> None:
    """Four stand in every request of these: 100 are served."""
    more = [b"x-%d: %b" % (at, b"a" * size) for at in range(count)]
    answer = parsed(exchange(server, request(b"GET /health HTTP/1.1", b"A: b", *more, body=b"")))
    assert answer.status == status


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"", None, id="nothing"),
        pytest.param(HEALTH[:-2], 408, id="half a head"),
        pytest.param(PLAIN + b"\r\nHost: x\r\nContent-Length: 9\r\n\r\n{", 408, id="half a body"),
        pytest.param(
            PLAIN + b"\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{", 408, id="a chunk"
        ),
    ],
)
def test_half_a_request_is_not_waited_for(
    hasty: RunningServer, sent: bytes, status: int | None
) -> None:
    answer = exchange(hasty, sent)
    if status is None:
        assert answer == b""
    else:
        assert (parsed(answer).status, parsed(answer).reason) == (408, "request_timeout")


def test_an_answered_connection_stays_for_longer_than_a_request_may_take(
    hasty: RunningServer,
) -> None:
    with connect(hasty) as connection:
        connection.sendall(HEALTH)
        assert next_answer(connection).status == 200
        # Half a request on another one ends after both of its times; this one is still there.
        exchange(hasty, PLAIN + b"\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        connection.sendall(HEALTH)
        assert parsed(read(connection)).status == 200


def test_who_waits_longest_makes_room_for_who_comes(narrow: RunningServer) -> None:
    with ExitStack() as stack:
        waiting = [stack.enter_context(connect(narrow)) for _ in range(6)]
        waiting[1].sendall(HEALTH)
        assert next_answer(waiting[1]).status == 200
        for _ in range(2):
            stack.enter_context(connect(narrow)).sendall(b"GET")
            assert narrow.call("GET", "/health").status == 200
        first = read(waiting[0])
        assert (parsed(first).status, parsed(first).reason) == (503, "server_busy")
        waiting[1].sendall(HEALTH)
        assert next_answer(waiting[1]).status == 200


def test_half_sent_bodies_make_room_for_whole_ones(narrow: RunningServer) -> None:
    body = json.dumps({"event_name": "a", "text": "a" * 400 * KIB}).encode()
    size = b"Content-Length: %d" % len(body)
    half = request(PLAIN, key_of(narrow), size, body=body[:-1])
    with ExitStack() as stack:
        held = [stack.enter_context(connect(narrow)) for _ in range(4)]
        for connection in held:
            connection.sendall(half)
            for _ in range(3):  # other answers come once this was read, so it waits longest
                narrow.call("GET", "/health")
        whole = parsed(exchange(narrow, request(PLAIN, key_of(narrow), size, body=body)))
        assert whole.status == 200
        said = parsed(read(held[0]))
        assert (said.status, said.reason) == (503, "server_busy")
        assert int(said.headers["retry-after"]) > 0
        held[-1].sendall(body[-1:])
        assert parsed(read(held[-1])).status == 200


def test_a_body_that_alone_is_too_much_is_told_in_the_dialects_shape(
    server: RunningServer,
) -> None:
    size = 8 * KIB * KIB
    answer = parsed(
        exchange(
            server,
            request(
                PLAIN, key_of(server), b"Content-Length: %d" % size, body=b"a" * (2 * KIB * KIB)
            ),
        )
    )
    assert (answer.status, answer.reason) == (413, "payload_too_large")


@pytest.mark.parametrize("spoilt", [b"\0\0\0\0", b"GET /a b HTTP/1.1\r\n\r\n", b"x: " * 9 * KIB])
def test_an_answer_is_not_lost_to_what_comes_behind_its_request(
    narrow: RunningServer, spoilt: bytes
) -> None:
    """A client that was told of a refusal would take its stored event for lost."""
    body = b'{"event_name": "a"}'
    head = (b"POST /post HTTP/1.1", b"Host: x", key_of(narrow), b"Content-Length: %d" % len(body))
    first, second = responses(exchange(narrow, b"\r\n".join((*head, b"", b"")) + body + spoilt))
    assert (first.status, first.reason) == (200, None)
    assert second.status in (400, 431)


def test_many_requests_in_one_go_are_answered_in_order(server: RunningServer) -> None:
    paths = [b"/health" if at % 3 else b"/nowhere" for at in range(600)]
    data = b"".join(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in paths)
    last = b"GET /post HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    statuses = [one.status for one in responses(exchange(server, data + last))]
    assert statuses == [200 if path == b"/health" else 404 for path in paths] + [405]


def test_a_reset_leaves_nothing_behind(narrow: RunningServer) -> None:
    """Connections that are torn down free their places and what they held."""
    body = b"a" * 900 * KIB
    for _ in range(20):
        with connect(narrow) as connection:
            connection.sendall(request(PLAIN, b"Content-Length: 999999", body=body))
            linger = b"\1\0\0\0\0\0\0\0"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    assert narrow.call("GET", "/health").status == 200


def test_a_server_that_may_not_open_its_files_says_so(tmp_path: Path) -> None:
    """Later it would fail in the middle of a request, and name the folder."""
    run = f"ulimit -n 300; exec {sys.executable} -m openbunker_local run --port 0 --data {tmp_path}"
    done = subprocess.run(["sh", "-c", run], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "1200 open files, and this process may have 300" in done.stderr
    assert "--connections" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_key_is_printed_into_a_log(server: RunningServer) -> None:
    told = "".join(server.told)
    keys = [value for name, value in server.demo.items() if name.endswith(("_key", "_token"))]
    assert keys
    assert not [key for key in keys if key in told]
    assert "demo.json" in told
