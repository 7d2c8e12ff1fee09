"""Web origins: whether one belongs to a site, and the CORS headers that answer one. Pure.

Matching is anchored: whole hosts or subdomains. `a.foo.com.evil.tld` is not `foo.com`, and neither
is `evilfoo.com` or `foo.com@evil.tld`. What a browser and `urllib` might read differently is no
host here. The origin of an app's web view (`capacitor://localhost`, `file://`) is itself alone.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

# Every header of our answers that a page may want to read and the Fetch standard hides from it.
EXPOSED = (
    "x-openbunker-reason",
    "x-openbunker-event-id",
    "x-openbunker-refused-id",
    "x-openbunker-warning",
    "x-openbunker-notice",
    "x-openbunker-complete",
    "x-openbunker-cursor",
    "x-openbunker-fresh-to",
    "x-openbunker-wait",
    "retry-after",
    "allow",
    "accept-encoding",
)
_SCHEMES = ("http", "https", "")
# What web views name as their origin; no site on the web can.
_APP = re.compile(r"(?!https?:)([a-z][a-z0-9+.-]*)://([a-z0-9.-]*)/?", re.IGNORECASE)
# Names of headers (RFC 9110, 5.1), as a preflight asks for them.
_HEADERS = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}")
# What browsers say as their origin (RFC 6454, 7.1), of any length that a host may have.
_SAID = re.compile(r"null|[A-Za-z][A-Za-z0-9+.-]*://[^\s,*]{0,400}")
_MAX_HOST = 253
# What is left of a host once it is punycode; the colon is that of IPv6.
_HOST = re.compile(r"[a-z0-9_:-]+(\.[a-z0-9_-]+)*")
# Python's IDNA drops or replaces these, today's browsers make hosts of their own of them (UTS 46).
_DEVIATIONS = re.compile("[\u00df\u03c2\u200c\u200d]")


def allowed(url: str, hosts: Iterable[str]) -> bool:
    """Return whether the host of a URL or origin is one of the hosts or a subdomain of one.

    Scheme (http or https), port, a leading `www.`, letter case and one trailing dot do not count,
    and a name in its own script is its punycode. A URL without a host, or with user information
    in front of it, is never allowed. The origin of an app is allowed where it is named itself.
    """
    host = host_of(url)
    if host is None:
        app = app_of(url)
        return app is not None and any(app == app_of(site) for site in hosts)
    return any(_within(host, host_of(site)) for site in hosts)


def foreign(address: str, key_id: str, what: str = "Origin") -> str:
    """Return the text of a refusal of an origin: which it was, and how it is allowed."""
    return (
        f"The {what} {address[:200]} is not one of the key's allowed origins. To allow it: "
        f"openbunker keys update {key_id} --origin ... (once for each that shall be allowed)."
    )


def app_of(url: str) -> str | None:
    """Return the origin of an app's web view, such as `capacitor://localhost`; None for others."""
    found = _APP.match(url.strip())
    return f"{found[1]}://{found[2]}".lower() if found else None


def problem_of(text: str) -> str | None:
    """Return why a text cannot be an allowed origin, None where it can."""
    if "*" in text:
        return "has no wildcards: a host stands for its subdomains too"
    if text.strip().lower() == "null":
        return "null is what every local file and sandboxed frame says, so it names nobody"
    app = _APP.fullmatch(text.strip())
    if app:
        return None
    if host_of(text) is None:
        return "is a host or an origin, such as https://shop.example or capacitor://localhost"
    if urlsplit(text if "://" in text else f"//{text}")[2:] not in (("", "", ""), ("/", "", "")):
        return "is a host or an origin without a path: browsers tell no server the page"
    return None


def preflight_headers(headers: Mapping[str, str], usual: str, methods: str) -> dict[str, str]:
    """Return the headers that allow what a preflight asks for. It names no key, so any origin may.

    `headers` has lower-case names; `usual` is allowed where the preflight asks for nothing.
    """
    wanted = headers.get("access-control-request-headers", "")
    return {
        **answer_headers(headers),
        "access-control-allow-methods": methods,
        "access-control-allow-headers": wanted if _HEADERS.fullmatch(wanted) else usual,
        "access-control-max-age": "86400",
    }


def answer_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with which the page that sent a request may read its answer.

    With credentials, as beacons ask for them; no answer depends on a cookie
    (docs/decisions/0007-refused-origins-read-errors.md).
    """
    origin = headers.get("origin")
    if origin and not _SAID.fullmatch(origin):
        origin = None  # no browser says so; `*` with credentials would be a strange thing to answer
    found = {
        "access-control-allow-origin": origin or "*",
        "access-control-expose-headers": ", ".join(EXPOSED),
        "vary": "Origin",
    }
    return {**found, "access-control-allow-credentials": "true"} if origin else found


def host_of(url: str) -> str | None:
    """Return the bare host of an origin, a URL or a plain host name; None when there is none."""
    try:
        parts = urlsplit(url.strip() if "://" in url else f"//{url.strip()}")
        host = _punycode(parts.hostname or "").removesuffix(".")
        parts.port  # noqa: B018  # raises for what is no port
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    bare = host.removeprefix("www.")
    return bare if "." in bare else host


def _punycode(host: str) -> str:
    """Return a host in ASCII. Raises ValueError for one that has no such form."""
    if len(host) > _MAX_HOST or _DEVIATIONS.search(host):
        raise ValueError("not a host")
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _within(host: str, site: str | None) -> bool:
    return site is not None and (host == site or host.endswith("." + site))
