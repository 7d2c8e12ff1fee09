"""Addresses of machines: what of one is kept. Pure."""

import re
import socket

_IPV4_BYTES = 4
_IPV4_KEPT, _IPV6_KEPT = 3, 6  # bytes: the last octet and the last 80 bits go
_MAPPED = b"\0" * 10 + b"\xff\xff"
# 2002::/16 holds an IPv4 address in the bytes that are kept of others (RFC 3056, section 2).
_6TO4 = b"\x20\x02"
_NAMED = re.compile(r'("ip"\s*:\s*")([^"\\]*)')


def mask_ip(address: str) -> str | None:
    """Return the address without its last octet (IPv4) or last 80 bits (IPv6); None if neither.

    An IPv4 address inside an IPv6 one loses its last octet there too.
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            packed = socket.inet_pton(family, address)
        except (OSError, ValueError):
            continue
        if packed.startswith(_MAPPED) and family == socket.AF_INET6:
            return mask_ip(socket.inet_ntop(socket.AF_INET, packed[12:]))
        return socket.inet_ntop(family, packed[: _kept(packed)].ljust(len(packed), b"\0"))
    return None


def _kept(packed: bytes) -> int:
    if len(packed) == _IPV4_BYTES:
        return _IPV4_KEPT
    return len(_6TO4) + _IPV4_KEPT if packed.startswith(_6TO4) else _IPV6_KEPT


def masked_text(text: str) -> str:
    """Return a text that is no JSON with the addresses that it names \"ip\" masked."""
    return _NAMED.sub(lambda found: found[1] + (mask_ip(found[2]) or ""), text)
