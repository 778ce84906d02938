"""The network that a request comes from: one household, office or data centre, roughly."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

# Prefixes: one customer of a provider often has as many addresses.
IPV4_PREFIX, IPV6_PREFIX = 24, 48


def network_of(request: HttpRequest) -> str:
    """Return the network of the client, such as “192.0.2.0/24”."""
    client: str = get_adapter().get_client_ip(request)
    address = ip_address(client)
    mapped = getattr(address, "ipv4_mapped", None)  # IPv4 as IPv6 writes it
    address = mapped or address
    prefix = IPV4_PREFIX if address.version == 4 else IPV6_PREFIX
    return str(ip_network(f"{address}/{prefix}", strict=False))
