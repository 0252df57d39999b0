"""Who tries passwords from one place waits. Who signs in to the same account from another place does not."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.shortcuts import render

IPV6_PREFIX_LENGTH = 64
"""What a provider gives to one household, which can take any address in it."""


def get_client_ip(request):
    """Return the address that a request comes from, as far as one is known."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]
    address = (settings.BEHIND_PROXY and parse_ip(forwarded)) or parse_ip(request.META.get("REMOTE_ADDR", ""))
    return address and str(address)


def client_network(request):
    """Return the address under which a client is counted."""
    address = get_client_ip(request)
    if address is None or not isinstance(ip_address(address), IPv6Address):
        return address
    return str(IPv6Network((address, IPV6_PREFIX_LENGTH), strict=False).network_address)


def parse_ip(text):
    """Return the address in a text, in which some proxies add a port, or None."""
    text = text.strip()
    host = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def lockout_response(request, original_response, credentials):
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return render(request, "admin/accounts/locked.html", {"minutes": minutes}, status=429)
