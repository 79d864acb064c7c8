"""Which network addresses may be reached for somebody else: public ones, and what is permitted."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All that IANA hands out for use between networks (RFC 4291, section 2.4)."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""IPv4 behind a translator, as DNS64 answers it (RFC 6052)."""
_ALSO_SPECIAL: Final = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments (RFC 6890)
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, given up (RFC 7526)
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
)
"""What not every Python that is supported knows to be special."""


def is_reachable(address: Address, permitted: Iterable[Network] = ()) -> bool:
    """Whether an address belongs to a single host of the internet, or is in a permitted network.

    Not one that is private, shared (CGNAT), loopback, link-local, multicast, reserved or for
    documentation. One that stands for an IPv4 address, mapped, 6to4 or NAT64, is what that is.
    Teredo's are none at all.
    """
    end = _end(address)
    if any(address in network or end in network for network in permitted):
        return True
    if isinstance(end, IPv6Address) and end not in _GLOBAL_UNICAST:
        return False
    special = end.is_multicast or end.is_reserved or not end.is_global
    return not (special or any(end in network for network in _ALSO_SPECIAL))


def _end(address: Address) -> Address:
    """Where packets to an address end up: at the IPv4 address that it embeds, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
