"""What a visitor is told when the site itself fails, without the help of whatever has failed."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string

from exchange.context_processors import office

SECONDS_TO_COME_BACK = 30


def bad_request(request, exception):
    return _page(request, 400)


def server_error(request):
    """A database that is gone comes back, and with it the site: that is no error of a page."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        response = _page(request, 503)
        response["Retry-After"] = SECONDS_TO_COME_BACK
        return response
    return _page(request, 500)


def _page(request, status):
    """The request itself may be what is bad, and so the page is made without it."""
    response = HttpResponse(render_to_string(f"{status}.html", office(request)), status=status)
    response["Cache-Control"] = "no-store"
    return response
