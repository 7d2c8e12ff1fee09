"""The law of user agents: families by a table, unknown texts are None, never an error."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.ingest.useragent import UserAgent, parse_user_agent

_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_WIN, _MAC = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15)",
)
_PIXEL = "Mozilla/5.0 (Linux; Android 14; Pixel 8)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"
_GALAXY = f"{_PIXEL} {_KIT} SamsungBrowser/25 Chrome/121 Mobile"
_IPAD = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X)"


@pytest.mark.parametrize(
    ("text", "browser", "os", "device"),
    [
        (f"{_WIN} {_KIT} Chrome/126.0 Safari/537.36", "Chrome", "Windows", "desktop"),
        (f"{_WIN} {_KIT} Chrome/126.0 Safari/537.36 Edg/126.0", "Edge", "Windows", "desktop"),
        (f"{_WIN} {_KIT} Chrome/126.0 Safari/537.36 OPR/111.0", "Opera", "Windows", "desktop"),
        (f"{_MAC} {_KIT} Version/17.5 Safari/605.1.15", "Safari", "macOS", "desktop"),
        (f"{_PIXEL} {_KIT} Chrome/126.0 Mobile Safari/537.36", "Chrome", "Android", "mobile"),
        (f"{_IPHONE} {_KIT} Version/17.5 Mobile/15E Safari/604.1", "Safari", "iOS", "mobile"),
        (f"{_IPHONE} {_KIT} CriOS/126.0 Mobile/15E Safari/604.1", "Chrome", "iOS", "mobile"),
        (f"{_IPAD} {_KIT} Version/17.5 Mobile/15E Safari/604.1", "Safari", "iOS", "tablet"),
        (_GALAXY, "Samsung Internet", "Android", "mobile"),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0", "Firefox", "Linux", "desktop"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", None, None, "bot"),
        ("curl/8.5.0", "curl", None, None),
        ("node", "Node.js", None, None),
        ("python-requests/2.32", "Python", None, None),
        ("Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG 9) Mobile", None, "Android", "mobile"),
        ("Mozilla/5.0 (Linux; Android 13; SM-X700) Chrome/126.0", "Chrome", "Android", "tablet"),
        ("Mozilla/5.0 (Linux; Android 6.0; Nexus 5X) Mobile Googlebot/2.1", None, "Android", "bot"),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT_X19) Mobile", None, "Android", "mobile"),
        ("Mozilla/5.0 (Linux; Android 9; Abbott 5) Mobile", None, "Android", "mobile"),
        ("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://x)", None, None, "bot"),
        ("Mozilla/5.0 (compatible; archive.org_bot +http://archive.org)", None, None, "bot"),
        ("Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com)", None, None, "bot"),
        ("facebookexternalhit/1.1 (+http://www.facebook.com)", None, None, "bot"),
        (f"{_WIN} {_KIT} HeadlessChrome/126.0 Safari/537.36", "Chrome", "Windows", "bot"),
        (f"{_PIXEL} {_KIT} Chrome/126.0 Mobile Chrome-Lighthouse", "Chrome", "Android", "bot"),
        ("Dalvik/2.1.0 (Linux; U; Android 13; SM-S908B)", None, "Android", None),
        ("Mozilla/5.0 (Linux; Android 9; BRAVIA 4K GB) Chrome/91", "Chrome", "Android", "tv"),
        ("Mozilla/5.0 (Linux; Android 7.1.2; AFTMM) Chrome/70 Mobile", "Chrome", "Android", "tv"),
        ("Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) Chrome/76", "Chrome", "Linux", "tv"),
        ("", None, None, None),
    ],
)
def test_families(text: str, browser: str | None, os: str | None, device: str | None) -> None:
    assert parse_user_agent(text) == UserAgent(browser, os, device)


@given(st.text())
def test_any_text_is_parsed(text: str) -> None:
    assert parse_user_agent(text).device in (None, "desktop", "mobile", "tablet", "tv", "bot")


def test_a_long_text_is_cut_before_it_is_remembered() -> None:
    """Anybody who knows a public key chooses the text; it must not fill the memory."""
    tracemalloc.start()
    for n in range(50):
        parse_user_agent(f"Firefox/{n}" + "x" * 500_000)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 500_000
    assert parse_user_agent("Firefox/1" + "x" * 500_000).browser == "Firefox"
