"""What only a socket can say: framing, odd targets, odd headers. Never a 5xx, always JSON."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.raw import BODY, Raw, chunks, connect, exchange, key_of, parsed, request
from tests.support.server import RunningServer, running_server

SIZE = b"Content-Length: %d" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked"
GZIPPED = b"Transfer-Encoding: gzip, chunked"
PLAIN = b"POST /post HTTP/1.1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("raw")) as running:
        yield running


def send(server: RunningServer, line: bytes, *headers: bytes, body: bytes = BODY) -> Raw:
    return parsed(exchange(server, request(line, key_of(server), *headers, body=body)))


@pytest.mark.parametrize(
    ("line", "headers", "body"),
    [
        pytest.param(PLAIN, [SIZE], BODY, id="plain"),
        pytest.param(PLAIN, [CHUNKED], chunks(BODY), id="one chunk"),
        pytest.param(PLAIN, [CHUNKED], b"1;a=b\r\n{\r\n" + chunks(BODY[1:]), id="an extension"),
        pytest.param(PLAIN, [CHUNKED.upper()], chunks(BODY), id="capitals"),
        pytest.param(PLAIN, [SIZE, b"content_length: 3"], BODY, id="an underscore"),
        pytest.param(PLAIN, [CHUNKED], chunks(*(bytes([b]) for b in BODY)), id="a byte a chunk"),
        pytest.param(PLAIN, [SIZE, b"x-a: \xc3\xbc\xe2\x82\xac"], BODY, id="a header in UTF-8"),
        pytest.param(PLAIN, [SIZE, b"x-a: " + b"a" * 60_000], BODY, id="a long header"),
        pytest.param(PLAIN, [SIZE, b"Expect: 200-maybe"], BODY, id="an odd expectation"),
        pytest.param(b"POST http://x/post HTTP/1.1", [SIZE], BODY, id="an absolute target"),
        pytest.param(b"POST //post HTTP/1.1", [SIZE], BODY, id="two slashes"),
        pytest.param(b"POST /%70ost HTTP/1.1", [SIZE], BODY, id="an encoded path"),
        pytest.param(b"POST /post?" + b"a=1&" * 15_000 + b" HTTP/1.1", [SIZE], BODY, id="query"),
        pytest.param(b"POST /post?%00=%ff&=&&a HTTP/1.1", [SIZE], BODY, id="an odd query"),
        pytest.param(b"POST /post HTTP/1.0", [SIZE], BODY, id="HTTP/1.0"),
    ],
)
def test_a_good_event_is_taken(
    server: RunningServer, line: bytes, headers: list[bytes], body: bytes
) -> None:
    answer = send(server, line, *headers, body=body)

    assert (answer.status, answer.reason) == (200, None)
    assert len(json.loads(answer.body)["unique_req_id"]) == 32


@pytest.mark.parametrize(
    ("line", "headers", "body", "status", "reason"),
    [
        pytest.param(PLAIN, [], b"", 400, "malformed_json", id="no length, no body"),
        pytest.param(PLAIN, [], BODY, 400, "malformed_json", id="no length, a body"),
        pytest.param(PLAIN, [SIZE], b"\0" * len(BODY), 400, "malformed_json", id="NUL"),
        pytest.param(PLAIN, [CHUNKED], b"zz\r\n", 400, "malformed_http", id="no chunk"),
        pytest.param(PLAIN, [CHUNKED, SIZE], chunks(BODY), 400, "malformed_http", id="both"),
        pytest.param(PLAIN, [SIZE, SIZE], BODY, 400, "malformed_http", id="two lengths"),
        pytest.param(PLAIN, [SIZE + b", 18"], BODY, 400, "malformed_http", id="a list of lengths"),
        pytest.param(PLAIN, [GZIPPED], chunks(BODY), 400, "malformed_http", id="coded and chunked"),
        pytest.param(PLAIN, [b"x-a : b"], BODY, 400, "malformed_http", id="a blank in a name"),
        pytest.param(PLAIN, [SIZE, b"host: y"], BODY, 400, "malformed_http", id="two hosts"),
        pytest.param(
            b"POST /post HTTP/1.0", [b"Host: y"], BODY, 400, "malformed_http", id="in 1.0"
        ),
        pytest.param(b"POST /post HTTP/2.0", [SIZE], BODY, 400, "malformed_http", id="2.0"),
        pytest.param(b"GET /health", [], b"", 400, "malformed_http", id="HTTP/0.9"),
        pytest.param(b"GET /health HTTP/0.9", [], b"", 400, "malformed_http", id="0.9"),
        pytest.param(PLAIN, [b"Content-Length: -1"], BODY, 400, "malformed_http", id="-1"),
        pytest.param(PLAIN, [b"x-a: a\0b"], BODY, 400, "malformed_http", id="NUL in a header"),
        pytest.param(PLAIN, [b"x-a:\r\n folded"], BODY, 400, "malformed_http", id="a folded one"),
        pytest.param(b"POST /a\0b HTTP/1.1", [], b"", 400, "malformed_http", id="NUL in a path"),
        pytest.param(b"POST /\xc3\xb6 HTTP/1.1", [], b"", 400, "malformed_http", id="raw UTF-8"),
        pytest.param(b"post /post HTTP/1.1", [], b"", 400, "malformed_http", id="lower case"),
        pytest.param(b"BREW /post HTTP/1.1", [], b"", 400, "malformed_http", id="no method"),
        pytest.param(b"\x16\x03\x01", [], b"", 400, "malformed_http", id="TLS"),
        pytest.param(b"PRI * HTTP/2.0", [], b"", 400, "malformed_http", id="HTTP/2"),
        pytest.param(b"POST /post%00 HTTP/1.1", [], b"", 404, "not_found", id="encoded NUL"),
        pytest.param(b"POST /%ff%fe HTTP/1.1", [], b"", 404, "not_found", id="no UTF-8"),
        pytest.param(b"POST /%2570ost HTTP/1.1", [], b"", 404, "not_found", id="encoded twice"),
        pytest.param(b"POST /x/../post HTTP/1.1", [], b"", 404, "not_found", id="dots"),
        pytest.param(b"OPTIONS * HTTP/1.1", [], b"", 404, "not_found", id="a star"),
        pytest.param(b"TRACE /post HTTP/1.1", [], b"", 405, "method_not_allowed", id="TRACE"),
    ],
)
def test_a_clients_mistake_is_told_in_json(
    server: RunningServer,
    line: bytes,
    headers: list[bytes],
    *,
    body: bytes,
    status: int,
    reason: str,
) -> None:
    answer = send(server, line, *headers, body=body)

    assert (answer.status, answer.reason) == (status, reason)
    assert answer.headers["content-type"] == "application/json"
    assert "error" in json.loads(answer.body)


@pytest.mark.parametrize(
    ("first", "hint"),
    [
        (b"\x16\x03\x01", "use http://"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "--trusted-proxy"),
        (b"\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c", "--trusted-proxy"),
    ],
)
def test_what_is_spoken_by_mistake_gets_a_hint(
    server: RunningServer, first: bytes, hint: str
) -> None:
    answer = parsed(exchange(server, first))
    assert (answer.status, answer.reason) == (400, "malformed_http")
    assert hint in json.loads(answer.body)["error"]


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        (b"/health", 200, None),
        (b"/post", 405, "method_not_allowed"),
        (b"/v1/keys/validate", 405, "method_not_allowed"),
        (b"/nowhere", 404, "not_found"),
    ],
)
def test_head_has_the_headers_and_no_body(
    server: RunningServer, path: bytes, status: int, reason: str | None
) -> None:
    answer = send(server, b"HEAD " + path + b" HTTP/1.1", body=b"")

    assert (answer.status, answer.reason, answer.body) == (status, reason, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("version", "offer", "status"),
    [
        (b"1.1", b"", 400),
        (b"1.1", b"Connection: upgrade\r\nUpgrade: h2c\r\n", 400),
        (b"1.0", b"", 200),
    ],
)
def test_only_a_request_of_1_0_may_name_no_host(
    server: RunningServer, version: bytes, offer: bytes, status: int
) -> None:
    head = b"GET /health HTTP/%b\r\n%b\r\n" % (version, offer)
    answer = parsed(exchange(server, head))
    assert answer.status == status
    assert (answer.reason == "malformed_http") is (status == 400)


@pytest.mark.parametrize("method", [b"POST", b"OPTIONS"])
def test_a_path_that_is_not_there_is_as_a_page_will_meet_it_on_aws(
    server: RunningServer, method: bytes
) -> None:
    answer = send(server, method + b" /pots HTTP/1.1", SIZE, b"Origin: https://a.example")
    assert (answer.status, answer.reason) == (404, "not_found")
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert b"/post" in answer.body


def test_who_waits_for_a_word_on_an_unknown_path_is_told_so_at_once(server: RunningServer) -> None:
    """And nobody has to send a body for that (RFC 9110, 10.1.1)."""
    line, length = b"POST /pots HTTP/1.1\r\nHost: x", b"Content-Length: 900000"
    answer = exchange(server, b"\r\n".join((line, length, b"Expect: 100-continue", b"", b"")))
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert parsed(answer).reason == "not_found"
    assert parsed(answer).headers["connection"] == "close"


def test_a_client_that_waits_for_it_is_told_to_continue(server: RunningServer) -> None:
    answer = exchange(server, request(PLAIN, key_of(server), SIZE, b"Expect: 100-continue"))

    first, _, second = answer.partition(b"\r\n\r\n")
    assert first == b"HTTP/1.1 100 Continue"
    assert parsed(second).status == 200


def test_a_key_that_is_sent_twice_is_no_key(server: RunningServer) -> None:
    key = b"X-Eventbunker-Write-Key: " + server.demo["write_key"].encode()
    assert send(server, PLAIN, key, SIZE).reason == "malformed_key"


def test_a_body_that_ends_early_is_no_request(server: RunningServer) -> None:
    """Half an event is not answered."""
    with connect(server) as connection:
        connection.sendall(request(PLAIN, b"Content-Length: 500"))
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536) == b""


def test_requests_on_one_connection_are_answered_in_order(server: RunningServer) -> None:
    paths = (b"/nowhere", b"/post", b"/health")
    *first, last = (b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in paths)
    last = last.replace(b"Host: x", b"Host: x\r\nConnection: close")
    answers = exchange(server, b"".join([*first, last])).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"404", b"405", b"200"]


def test_a_header_is_never_split_into_two(server: RunningServer) -> None:
    """What a client sends as its Origin comes back as one header or not at all."""
    answer = send(
        server, b"OPTIONS /batch HTTP/1.1", b"Origin: https://\xc3\xbc\xe2\x82\xac.a", body=b""
    )
    found: dict[str, Any] = answer.headers
    assert answer.status == 204
    assert found["access-control-allow-origin"].endswith(".a")
