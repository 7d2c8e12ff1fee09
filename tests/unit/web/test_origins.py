"""The law of origins: whole hosts or their subdomains, whatever a stranger writes around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.web.origins import (
    EXPOSED,
    allowed,
    answer_headers,
    host_of,
    preflight_headers,
    problem_of,
)

SITES = (
    *("foo.com", "https://www.shop.example:8443/path", "bücher.example", "strasse.example"),
    *("http://localhost", "http://[::1]"),
)
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://foo.com",
        "http://foo.com",
        "https://foo.com:8443",
        "https://www.foo.com",
        "https://a.b.foo.com/page?x=1#y",
        "https://FOO.com",
        "https://foo.com.",
        "foo.com",
        " https://foo.com ",
        "https://shop.example",
        "https://m.shop.example/",
        "https://foo.com:",
        "https://foo\u3002com",
        "https://xn--bcher-kva.example",
        "https://BÜCHER.example",
        "http://localhost:3000",
        "http://[::1]:3000/",
    ],
)
def test_a_site_and_its_subdomains_are_allowed(url: str) -> None:
    assert allowed(url, SITES)


@pytest.mark.parametrize(
    "url",
    [
        "https://evilfoo.com",
        "https://foo.com.evil.tld",
        "https://a.foo.com.evil.tld",
        "https://foo.com@evil.tld",
        "https://foo.com:pass@evil.tld",
        "https://evil.tld@foo.com",
        "https://evil.tld/foo.com",
        "https://evil.tld?foo.com",
        "https://evil.tld#foo.com",
        "https://evil.tld#.foo.com",
        "https://evil.tld\\.foo.com",
        "https://evil.tld\\@foo.com",
        "https://evil.tld%2f.foo.com.evil.tld",
        "https://com",
        "https://foo.co",
        "https://foo.comm",
        "https://foo-com",
        "https://foo。com.evil.tld",
        "null",
        "",
        " ",
        "https://",
        "file:///foo.com",
        "https:/foo.com",
        "/foo.com",
        "javascript:alert('foo.com')",
        "data:text/html,foo.com",
        "https://[::1",
        "https://www.",
        "https://[::2]",
        "javascript://foo.com/%0aalert(1)",
        "file://foo.com/page",
        "ftp://foo.com",
        "https://foo.com..",
        "https://.foo.com",
        "https://a..foo.com",
        "https://foo.com:evil",
        "https://foo.com:65536",
        "https://evil.tld%2f.foo.com",
        "https://evil.tld;.foo.com",
        "https://evil.tld,https://foo.com",
        "https://evil.tld .foo.com",
        "https://evil.tld\u2100.foo.com",
        "https:\\\\foo.com",
        "https://f\u043e\u043e.com",
        "https://stra\u00dfe.example",
        "https://foo\u200d.com",
        "https://" + "\u00fc" * 300 + ".foo.com",
    ],
)
def test_what_only_looks_like_a_site_is_not(url: str) -> None:
    assert not allowed(url, SITES)


def test_a_site_that_is_www_and_a_top_level_domain_is_not_that_whole_domain() -> None:
    assert allowed("https://www.com", ["www.com"])
    assert not allowed("https://foo.com", ["www.com"])


def test_no_sites_allow_nothing() -> None:
    assert not allowed("https://foo.com", ())


def test_a_site_without_a_host_allows_nothing() -> None:
    assert not allowed("https://foo.com", ("", "https://", "."))


@given(st.text())
def test_any_text_has_a_host_or_none(text: str) -> None:
    host = host_of(text)
    assert host is None or host


@given(LABEL, LABEL)
def test_a_host_is_allowed_exactly_within_its_site(sub: str, site: str) -> None:
    assert allowed(f"https://{sub}.{site}.example", [f"{site}.example"])
    assert not allowed(f"https://{sub}{site}.example", [f"{site}.example"])
    assert not allowed(f"https://{site}.example.{sub}.tld", [f"{site}.example"])


@pytest.mark.parametrize(
    "origin", ["capacitor://localhost", "ionic://localhost", "file://", "tauri://localhost"]
)
def test_the_origin_of_an_apps_web_view_is_allowed_where_it_is_named(origin: str) -> None:
    assert problem_of(origin) is None
    assert allowed(origin, [*SITES, origin])
    assert allowed(f"{origin}/index.html", [origin])  # a page of the app
    assert not allowed(origin, SITES)
    assert not allowed("https://localhost", [origin])
    assert not allowed(origin.replace("://", "s://"), [origin])


@pytest.mark.parametrize("site", ["foo.com", "https://foo.com", "http://foo.com:8080", "foo.com/"])
def test_a_host_or_an_origin_can_be_allowed(site: str) -> None:
    assert problem_of(site) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("null", "names nobody"),
        ("NULL", "names nobody"),
        ("example.com/path", "without a path"),
        ("https://example.com/path", "without a path"),
        ("https://example.com?x=1", "without a path"),
        ("*.example.com", "no wildcards"),
        ("", "is a host or an origin"),
        ("https://", "is a host or an origin"),
        ("javascript:alert(1)", "is a host or an origin"),
        ("capacitor://localhost/path", "is a host or an origin"),
        ("user@example.com", "is a host or an origin"),
    ],
)
def test_what_cannot_be_allowed_says_why(text: str, why: str) -> None:
    problem = problem_of(text)
    assert problem is not None
    assert why in problem


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("content-encoding, content-type,x-any", "content-encoding, content-type,x-any"),
        ("", "Content-Type"),
        ("x-a\r\nset-cookie: a", "Content-Type"),
        ("x" * 1001, "Content-Type"),
        ("ä", "Content-Type"),
    ],
)
def test_a_preflight_may_ask_for_any_header_but_not_put_one_in(wanted: str, told: str) -> None:
    headers = {"origin": "https://a.example", "access-control-request-headers": wanted}
    found = preflight_headers(headers, "Content-Type", "POST, OPTIONS")
    assert found["access-control-allow-headers"] == told
    assert found["access-control-allow-origin"] == "https://a.example"


def test_credentials_are_allowed_and_our_headers_exposed() -> None:
    found = answer_headers({"origin": "https://a.example"})
    assert found["access-control-allow-credentials"] == "true"
    assert found["access-control-expose-headers"].split(", ") == [*EXPOSED]


def test_without_an_origin_nobody_needs_credentials() -> None:
    found = answer_headers({})
    assert found["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in found


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("https://a.example:8443", "https://a.example:8443"),
        ("chrome-extension://abc", "chrome-extension://abc"),
        ("file://", "file://"),
        ("null", "null"),
        ("*", "*"),
        ("https://a.example, https://b.example", "*"),
        ("https://a.example\thttps://b.example", "*"),
        ("a.example", "*"),
        ("https://" + "a" * 401, "*"),
        ("", "*"),
    ],
)
def test_only_what_a_browser_says_is_echoed(said: str, told: str) -> None:
    found = answer_headers({"origin": said})
    assert found["access-control-allow-origin"] == told
    assert ("access-control-allow-credentials" in found) == (told != "*")
