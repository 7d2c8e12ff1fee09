"""Whether a web origin belongs to a site. Matching is anchored: whole hosts or subdomains.

Pure. `a.foo.com.evil.tld` is not `foo.com`, and neither is `evilfoo.com` or `foo.com@evil.tld`.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit


def allowed(url: str, hosts: Iterable[str]) -> bool:
    """Return whether the host of a URL or origin is one of the hosts or a subdomain of one.

    Scheme, port, a leading `www.`, letter case and a trailing dot do not count. A URL without a
    host, or with user information in front of it, is never allowed.
    """
    host = host_of(url)
    return host is not None and any(_within(host, host_of(site)) for site in hosts)


def host_of(url: str) -> str | None:
    """Return the bare host of an origin, a URL or a plain host name; None when there is none."""
    try:
        parts = urlsplit(url.strip() if "://" in url else f"//{url.strip()}")
        host = parts.hostname
    except ValueError:
        return None
    if not host or "@" in parts.netloc or "\\" in parts.netloc:
        return None
    return host.rstrip(".").removeprefix("www.") or None


def _within(host: str, site: str | None) -> bool:
    return site is not None and (host == site or host.endswith("." + site))
