from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next_url(request, next_url, fallback):
    """Return ``next_url`` if it is a safe same-host URL, otherwise reverse ``fallback``."""
    # Without a slash, redirect() takes it for the name of a view.
    is_safe = "/" in next_url and url_has_allowed_host_and_scheme(next_url, {request.get_host()}, request.is_secure())
    return next_url if is_safe else reverse(fallback)
