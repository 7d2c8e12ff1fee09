"""Whether a web origin belongs to a site. Matching is anchored: whole hosts or subdomains.

Pure. `a.foo.com.evil.tld` is not `foo.com`, and neither is `evilfoo.com` or `foo.com@evil.tld`.
What a browser and `urllib` might read differently is no host here.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_SCHEMES = ("http", "https", "")
_MAX_HOST = 253
# What is left of a host once it is punycode; the colon is that of IPv6.
_HOST = re.compile(r"[a-z0-9_:-]+(\.[a-z0-9_-]+)*")
# Python's IDNA drops or replaces these, today's browsers make hosts of their own of them (UTS 46).
_DEVIATIONS = re.compile("[\u00df\u03c2\u200c\u200d]")


def allowed(url: str, hosts: Iterable[str]) -> bool:
    """Return whether the host of a URL or origin is one of the hosts or a subdomain of one.

    Scheme (http or https), port, a leading `www.`, letter case and one trailing dot do not count,
    and a name in its own script is its punycode. A URL without a host, or with user information
    in front of it, is never allowed.
    """
    host = host_of(url)
    return host is not None and any(_within(host, host_of(site)) for site in hosts)


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
