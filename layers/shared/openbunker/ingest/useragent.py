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
# What fetches pages without a person; `bot` is looked at apart.
_BOT_MARKS = (
    *("crawler", "spider", "slurp", "facebookexternalhit", "headlesschrome", "lighthouse"),
    *("pagespeed", "bingpreview", "mediapartners-google", "google-inspectiontool"),
)
# A maker of phones, whose name ends like a robot's.
_NO_BOT = "cubot"
_TV_MARKS = (
    "SMART-TV",
    "SmartTV",
    "Smart TV",
    "Android TV",
    "GoogleTV",
    "BRAVIA",
    "; AFT",
    "CrKey",
)
_TABLET_MARKS = ("iPad", "Tablet")
_MOBILE_MARKS = ("Mobile", "iPhone")


@dataclass(frozen=True, slots=True)
class UserAgent:
    """Families, or None where the text does not say."""

    browser: str | None = None
    os: str | None = None
    device: str | None = None


def parse_user_agent(text: str) -> UserAgent:
    """Return the families of a user agent text; `device` is desktop, mobile, tablet, tv or bot.

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
    if _is_bot(text.lower()):
        return "bot"
    if any(mark in text for mark in _TV_MARKS):
        return "tv"
    if any(mark in text for mark in _TABLET_MARKS):
        return "tablet"
    if any(mark in text for mark in _MOBILE_MARKS):
        return "mobile"
    if os == "Android":
        # Of browsers, phones say Mobile (developer.chrome.com, "User-Agent Strings"); apps do not.
        return None if text.startswith("Dalvik/") else "tablet"
    return "desktop" if os else None


def _is_bot(lower: str) -> bool:
    """Return whether a text names a robot: `bot` ends a word, or is one of the marks."""
    parts = lower.replace(_NO_BOT, "").split("bot")
    ends = (not part[:1].isalpha() or part.startswith("s") for part in parts[1:])
    return any(ends) or any(mark in lower for mark in _BOT_MARKS)
