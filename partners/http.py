"""Helpers for requests, shared by the public site, the admin and the accounts."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

IPV6_PREFIX_LENGTH = 64
"""Providers assign this prefix to one household, which can use any address in it."""


def get_client_ip(request):
    """Return the client's IP address as a string, or None if the server does not know one (a Unix socket)."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]
    client_ip = (settings.BEHIND_PROXY and parse_ip(forwarded)) or parse_ip(request.META.get("REMOTE_ADDR", ""))
    return client_ip and str(client_ip)


def get_client_network(request):
    """Return the address that rate limits count: an IPv4 address, or the first of an IPv6 /64."""
    client_ip = get_client_ip(request)
    if client_ip is None or not isinstance(ip_address(client_ip), IPv6Address):
        return client_ip
    return str(IPv6Network((client_ip, IPV6_PREFIX_LENGTH), strict=False).network_address)


def parse_ip(text):
    """Return the IP address in ``text`` without port and zone, which some proxies add, or None."""
    text = text.strip()
    host = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        parsed = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def get_site_url(request):
    """Return SITE_URL, or else scheme and host of the request, without a slash at the end."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"


def safe_next_url(request, next_url, fallback):
    """Return ``next_url`` if it is a safe same-host URL, otherwise reverse ``fallback``."""
    # Without a slash, redirect() takes it for the name of a view.
    is_safe = "/" in next_url and url_has_allowed_host_and_scheme(next_url, {request.get_host()}, request.is_secure())
    return next_url if is_safe else reverse(fallback)
