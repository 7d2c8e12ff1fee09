"""An offer to upgrade is ignored: the request is read whole, and nothing of it is another one."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from tests.support.raw import Raw, chunks, connect, key_of, responses, until_closed
from tests.support.server import RunningServer, running_server

SETTINGS = b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"
OFFERS = {
    "h2c": (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", SETTINGS),
    "websocket": (
        b"Upgrade: websocket",
        b"Connection: keep-alive, Upgrade",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
    "TLS": (b"Upgrade: TLS/1.2, HTTP/2.0", b"Connection: upgrade"),
    "in capitals": (b"UPGRADE: H2C", b"CONNECTION: UPGRADE"),
    "twice": (b"Upgrade: h2c", b"Upgrade: websocket", b"Connection: Upgrade"),
    "without an offer": (b"Connection: Upgrade",),
    "without a connection": (b"Upgrade: websocket",),
}


@dataclass(frozen=True)
class Sent:
    """A request whose body is a request itself, for whoever would take it for one."""

    head: bytes
    body: bytes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("offers")) as running:
        yield running


def offering(
    server: RunningServer, offer: Sequence[bytes], *, version: bytes = b"1.1", chunked: bool = False
) -> Sent:
    inner = (
        b"POST /post HTTP/1.1\r\nHost: x\r\n" + key_of(server) + b"\r\nContent-Length: 23\r\n\r\n"
        b'{"event_name": "inner"}'
    )
    body = json.dumps({"event_name": "outer", "text": inner.decode()}).encode()
    body += b"\r\n" + inner if not chunked else b""
    framed = chunks(body[:40], body[40:]) if chunked else body
    size = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    lines = (b"POST /post HTTP/" + version, b"Host: x", *offer, key_of(server), size)
    return Sent(b"\r\n".join((*lines, b"", b"")), framed)


def last() -> bytes:
    return b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def play(server: RunningServer, *pieces: bytes) -> list[Raw]:
    """Send pieces, each once the one before it can have been read, and a last request."""
    with connect(server) as connection:
        for piece in pieces:
            connection.sendall(piece)
            # Another connection's answer comes after what this one has sent was read.
            server.call("GET", "/health")
        connection.sendall(last())
        return responses(until_closed(connection))


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
@pytest.mark.parametrize("pieces", ["together", "body later", "body split", "head split"])
def test_the_body_stays_a_body(server: RunningServer, offer: Sequence[bytes], pieces: str) -> None:
    sent = offering(server, offer)
    whole = sent.head + sent.body
    cuts = {
        "together": [whole],
        "body later": [sent.head, sent.body],
        "body split": [sent.head + sent.body[:30], sent.body[30:]],
        "head split": [sent.head[:35], sent.head[35:-3], sent.head[-3:] + sent.body],
    }
    # What follows the JSON in it spoils the body: one refusal, and no second event.
    first, second = play(server, *cuts[pieces])
    assert (first.status, first.reason) == (400, "malformed_json")
    assert (second.status, second.reason) == (200, None)


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_a_chunked_body_is_read(server: RunningServer, offer: Sequence[bytes]) -> None:
    sent = offering(server, offer, chunked=True)
    first, second = play(server, sent.head, sent.body)
    assert (first.status, second.status) == (200, 200)
    assert "unique_req_id" in json.loads(first.body)


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_http_1_0_offers_nothing_either(server: RunningServer, offer: Sequence[bytes]) -> None:
    sent = offering(server, offer, version=b"1.0")
    with connect(server) as connection:
        connection.sendall(sent.head + sent.body)
        (only,) = responses(until_closed(connection))
    assert (only.status, only.reason) == (400, "malformed_json")


def test_a_client_that_waits_is_told_to_continue(server: RunningServer) -> None:
    sent = offering(server, (*OFFERS["h2c"], b"Expect: 100-continue"), chunked=True)
    with connect(server) as connection:
        connection.sendall(sent.head)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(sent.body + last())
        assert [one.status for one in responses(until_closed(connection))] == [200, 200]


def test_offers_one_behind_the_other_are_answered_in_order(server: RunningServer) -> None:
    head = b"\r\n".join((b"GET %b HTTP/1.1", b"Host: x", *OFFERS["h2c"], b"", b""))
    first, second, third, fourth = play(
        server, b"".join(head % path for path in (b"/nowhere", b"/post", b"/health"))
    )
    assert [one.status for one in (first, second, third, fourth)] == [404, 405, 200, 200]


def test_a_tunnel_is_refused_and_ends_the_connection(server: RunningServer) -> None:
    with connect(server) as connection:
        connection.sendall(b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n" + last())
        (only,) = responses(until_closed(connection))
    assert (only.status, only.reason) == (405, "method_not_allowed")


def test_what_stands_behind_a_chunked_body_is_no_header(server: RunningServer) -> None:
    """A proxy in front looks at headers alone: a key or an encoding must not come later."""
    body = chunks(b'{"event_name": "a"}')[:-2] + key_of(server) + b"\r\n\r\n"
    head = b"POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    first, second = play(server, head + body)
    assert (first.status, first.reason) == (401, "missing_key")
    assert second.status == 200


def test_curl_with_http2_sends_an_event(server: RunningServer) -> None:
    command = ["curl", "-sS", "--http2", "-m", "20", f"{server.url}/post"]
    headers = ["-H", key_of(server).decode(), "-d", '{"event_name": "a"}']
    done = subprocess.run([*command, *headers], capture_output=True, text=True, check=True)
    assert "unique_req_id" in json.loads(done.stdout)
