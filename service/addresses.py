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
    """Whether an address is public or in a permitted network; so is what it embeds, if it does."""
    if any(address in network for network in permitted):
        return True
    inner = _embedded(address)
    return is_public(address) if inner is None else is_reachable(inner, permitted)


def is_public(address: Address) -> bool:
    """Whether an address belongs to a single host of the internet.

    Not one that is private, shared (CGNAT), loopback, link-local, multicast, reserved or for
    documentation, nor one that stands for such an IPv4 address: mapped, 6to4 or NAT64. Teredo's
    are none at all.
    """
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    special = address.is_multicast or address.is_reserved or not address.is_global
    return not (special or any(address in network for network in _ALSO_SPECIAL))


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that packets to an IPv6 address end up at."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
