"""Who sent a request that a proxy handed on. A proxy's word counts where the proxy is trusted.

Nobody is trusted unless told: whoever reaches the port could say anything of himself. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from openbunker.ingest.enrich import COUNTRY_HEADER
from openbunker_local.server.gateway import HttpRequest

FORWARDED = "x-forwarded-for"

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Proxies:
    """The networks whose proxies are believed, and the header in which they name the country."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    country_header: str = COUNTRY_HEADER

    @classmethod
    def of(cls, networks: Iterable[str], country_header: str = COUNTRY_HEADER) -> "Proxies":
        """Return those of addresses and networks as text. Raises ValueError for what is none."""
        return cls(tuple(ip_network(one) for one in networks), country_header.lower())

    def seen(self, request: HttpRequest) -> HttpRequest:
        """Return a request with its sender's address, and a country only from who is trusted."""
        if not (self.networks and self._trusts(_address(request.source_ip))):
            kept = [one for one in request.headers if one[0].lower() != COUNTRY_HEADER]
            return request if len(kept) == len(request.headers) else replace(request, headers=kept)
        return replace(request, source_ip=self._sender(request), headers=list(self._named(request)))

    def _sender(self, request: HttpRequest) -> str:
        """Return the last address of the chain that no trusted proxy has; what is none ends it."""
        chain = ",".join(value for name, value in request.headers if name.lower() == FORWARDED)
        sender = request.source_ip
        for text in reversed(chain.split(",")):
            address = _address(_bare(text.strip()))
            if address is None:
                return sender
            sender = str(address)
            if not self._trusts(address):
                return sender
        return sender

    def _named(self, request: HttpRequest) -> Iterable[tuple[str, str]]:
        """Yield the headers, the country's under the one name that events are made from."""
        for name, value in request.headers:
            if name.lower() == self.country_header:
                yield COUNTRY_HEADER, value
            elif name.lower() != COUNTRY_HEADER:
                yield name, value

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.networks)


NOBODY = Proxies()


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _bare(text: str) -> str:
    """Return an address without its port: `[2001:db8::1]:443`, `192.0.2.1:443`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, colon, port = text.partition(":")
    return host if colon and port.isdigit() else text
