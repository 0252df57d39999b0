from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next_url(request, asked, otherwise):
    """The address that was asked for, if it is of this site, or else that of the page named."""
    # Without a slash, a redirect takes it for the name of a view.
    is_ours = "/" in asked and url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure())
    return asked if is_ours else reverse(otherwise)
