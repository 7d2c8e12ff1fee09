"""A user agent text -> browser, operating system and kind of device. A table, first match wins.

The well-kept parsers cost 150 ms of cold start (docs/decisions); this one costs a few string
searches. It names families only, never versions.
"""

from dataclasses import dataclass
from functools import lru_cache

MAX_LENGTH = 512

# Order matters: most browsers also carry the names of the ones they imitate.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("node", "Node.js"),
    ("python", "Python"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_BOT_MARKS = ("bot", "crawler", "spider")
# A maker of phones, whose name ends like a robot's.
_NO_BOT = "cubot"
_TABLET_MARKS = ("iPad", "Tablet")
_MOBILE_MARKS = ("Mobile", "iPhone")


@dataclass(frozen=True, slots=True)
class UserAgent:
    """Families, or None where the text does not say."""

    browser: str | None = None
    os: str | None = None
    device: str | None = None


def parse_user_agent(text: str) -> UserAgent:
    """Return the families of a user agent text; `device` is desktop, mobile, tablet or bot.

    Only the first MAX_LENGTH characters count, and only those are remembered: the text comes from
    anybody who knows a public key.
    """
    return _parse(text[:MAX_LENGTH])


@lru_cache(maxsize=512)
def _parse(text: str) -> UserAgent:
    os = _first(_SYSTEMS, text)
    return UserAgent(browser=_first(_BROWSERS, text), os=os, device=_device(text, os))


def _first(table: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in table if mark in text), None)


def _device(text: str, os: str | None) -> str | None:
    lower = text.lower().replace(_NO_BOT, "")
    if any(mark in lower for mark in _BOT_MARKS):
        return "bot"
    if any(mark in text for mark in _TABLET_MARKS):
        return "tablet"
    if any(mark in text for mark in _MOBILE_MARKS):
        return "mobile"
    if os == "Android":
        return "tablet"  # phones say Mobile (developer.chrome.com, "User-Agent Strings")
    return "desktop" if os else None
