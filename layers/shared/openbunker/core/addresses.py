"""Addresses of machines: what of one is kept. Pure."""

import socket

_IPV4_KEPT, _IPV6_KEPT = 3, 6  # bytes: the last octet and the last 80 bits go


def mask_ip(address: str) -> str | None:
    """Return the address without its last octet (IPv4) or last 80 bits (IPv6); None if neither."""
    for family, kept in ((socket.AF_INET, _IPV4_KEPT), (socket.AF_INET6, _IPV6_KEPT)):
        try:
            packed = socket.inet_pton(family, address)
        except (OSError, ValueError):
            continue
        if family == socket.AF_INET6 and packed.startswith(b"\0" * 10 + b"\xff\xff"):
            return mask_ip(socket.inet_ntop(socket.AF_INET, packed[12:]))
        return socket.inet_ntop(family, packed[:kept].ljust(len(packed), b"\0"))
    return None
