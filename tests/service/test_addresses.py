"""Which addresses may be reached for somebody else."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.addresses import Address, is_reachable

PRIVATE = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "3fff::/20", "5f00::/16",
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700:4700::1111")

private_v4 = st.sampled_from([one for one in PRIVATE if ":" not in one]).flatmap(
    lambda network: st.ip_addresses(network=network)
)
any_v4 = st.ip_addresses(v=4)


def standing_for(address: IPv4Address) -> list[IPv6Address]:
    """The IPv6 addresses that packets to this IPv4 address may be sent by."""
    bits = int(address)
    mapped, nat64 = IPv6Address(0xFFFF << 32 | bits), IPv6Address((0x64FF9B << 96) | bits)
    return [mapped, nat64, IPv6Address(0x2002 << 112 | bits << 80 | 1)]


@pytest.mark.parametrize("network", PRIVATE)
def test_both_ends_of_what_is_not_public(network: str) -> None:
    whole = ip_network(network)
    assert not is_reachable(whole[0])
    assert not is_reachable(whole[-1])


@given(st.sampled_from(PRIVATE).flatmap(lambda network: st.ip_addresses(network=network)))
def test_nothing_between_them_is_reachable(address: Address) -> None:
    assert not is_reachable(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_is_reachable(address: str) -> None:
    assert is_reachable(ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254"])
def test_this_machine_and_its_cloud_are_not(address: str) -> None:
    assert not is_reachable(ip_address(address))


@given(any_v4)
def test_an_address_that_stands_for_another_is_as_public_as_it(address: IPv4Address) -> None:
    assert {is_reachable(one) for one in standing_for(address)} == {is_reachable(address)}


@given(private_v4)
def test_permission_for_an_address_holds_for_what_stands_for_it(address: IPv4Address) -> None:
    permitted = (IPv4Network(address),)
    assert is_reachable(address, permitted)
    assert all(is_reachable(one, permitted) for one in standing_for(address))


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fd00::/8"))
def test_only_what_is_permitted_is_reachable(address: Address) -> None:
    permitted = (ip_network("10.1.0.0/16"), ip_network("fd00::/16"))
    assert is_reachable(address, permitted) == any(address in one for one in permitted)
