"""Whose word counts about a sender's address and country."""

import pytest

from openbunker_local.server.gateway import HttpRequest
from openbunker_local.server.proxies import NOBODY, Proxies

COUNTRY = "cloudfront-viewer-country"
TRUSTED = Proxies.of(["10.0.0.0/8", "2001:db8::/32", "127.0.0.1"])


def request(peer: str, *headers: tuple[str, str]) -> HttpRequest:
    return HttpRequest(
        method="POST", raw_path="/", raw_query="", headers=headers, body=b"", source_ip=peer
    )


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.1.1.1", "", "10.1.1.1"),
        ("10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "1.1.1.1, 198.51.100.1, 10.2.2.2", "198.51.100.1"),
        ("10.1.1.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("10.1.1.1", "198.51.100.1:4711", "198.51.100.1"),
        ("127.0.0.1", "[2001:4860::1]:443, 2001:db8::7", "2001:4860::1"),
        ("10.1.1.1", "unknown", "10.1.1.1"),
        ("10.1.1.1", "198.51.100.1, unknown, 10.2.2.2", "10.2.2.2"),
        ("10.1.1.1", "198.51.100.1, ", "10.1.1.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_sender_is_the_last_address_that_no_trusted_proxy_has(
    peer: str, forwarded: str, sender: str
) -> None:
    assert TRUSTED.seen(request(peer, ("X-Forwarded-For", forwarded))).source_ip == sender


def test_a_header_that_is_sent_twice_is_one_chain() -> None:
    twice = (("x-forwarded-for", "1.1.1.1"), ("X-Forwarded-For", "198.51.100.1"))
    assert TRUSTED.seen(request("10.1.1.1", *twice)).source_ip == "198.51.100.1"


@pytest.mark.parametrize("peer", ["203.0.113.7", "10.1.1.1", "127.0.0.1", ""])
def test_nobody_is_trusted_unless_named(peer: str) -> None:
    headers = (("x-forwarded-for", "198.51.100.1"), ("CloudFront-Viewer-Country", "DE"))
    seen = NOBODY.seen(request(peer, *headers))
    assert (seen.source_ip, list(seen.headers)) == (peer, [headers[0]])


def test_a_country_comes_under_one_name_and_from_one_header() -> None:
    proxies = Proxies.of(["10.0.0.0/8"], "X-Country")
    headers = (("x-country", "DE"), (COUNTRY, "FR"), ("accept", "*/*"))
    seen = proxies.seen(request("10.1.1.1", *headers))
    assert list(seen.headers) == [(COUNTRY, "DE"), ("accept", "*/*")]
    strange = proxies.seen(request("203.0.113.7", *headers))
    assert list(strange.headers) == [("x-country", "DE"), ("accept", "*/*")]


@pytest.mark.parametrize("text", ["", "localhost", "10.0.0.1/8", "10.0.0.0/40"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Proxies.of([text])
