"""Trust of the signed client's connection: Amazon's roots first, then the system's list."""

import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from openbunker.aws.connection import TRUST, Connection, ConnectionFailed, amazon_trust
from openbunker.aws.roots import AMAZON_ROOTS
from tests.support.certificates import certificate


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        pass


class TlsServer(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A refused handshake is what these tests are about, not news."""


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.fixture
def url(pem: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with TlsServer(("127.0.0.1", 0), Echo) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


def trusting(pem: Path) -> Callable[[], ssl.SSLContext]:
    return lambda: ssl.create_default_context(cafile=str(pem))


def test_the_next_trust_is_tried_when_the_first_does_not_fit(url: str, pem: Path) -> None:
    """An endpoint that Amazon did not sign works by the system's list, and keeps working."""
    connection = Connection(url, [amazon_trust, trusting(pem)])
    for body in (b"one", b"two"):
        assert connection.post(body, {})[2] == body
    connection.close()


def test_a_kept_connection_that_was_closed_is_opened_again(
    url: str, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under TLS too, where the other side's closing has other names."""
    monkeypatch.setattr(Echo, "close_connection", property(lambda _: True, lambda *_: None), False)
    connection = Connection(url, [trusting(pem)])
    for body in (b"one", b"two", bytes(1_000_000), b"four"):
        assert connection.post(body, {})[2] == body
    connection.close()


@pytest.mark.parametrize("trust", [TRUST, [amazon_trust]])
def test_a_stranger_is_refused(url: str, trust: list[Callable[[], ssl.SSLContext]]) -> None:
    """A certificate that neither list knows ends the call before a byte of it is sent."""
    connection = Connection(url, trust)
    for _ in range(2):
        with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED"):
            connection.post(b"secret", {})


def test_a_certificate_of_another_host_is_refused(url: str, pem: Path) -> None:
    """Being trusted is not enough: the name must be the endpoint's."""
    connection = Connection(url.replace("127.0.0.1", "localhost"), [trusting(pem)])
    with pytest.raises(ConnectionFailed, match="mismatch"):
        connection.post(b"secret", {})


def test_amazons_roots_are_five_and_last() -> None:
    """They load, each checks hosts and certificates, and the first to end does so in 2037."""
    context = amazon_trust()
    roots = context.get_ca_certs()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    starfield = "Starfield Services Root Certificate Authority - G2"
    names = [starfield, *(f"Amazon Root CA {number}" for number in range(1, 5))]
    assert all(any(name in str(root["subject"]) for root in roots) for name in names)
    assert len(roots) == 5
    assert AMAZON_ROOTS.count("BEGIN CERTIFICATE") == 5
    assert all(str(root["notAfter"])[-8:-4] >= "2037" for root in roots)
