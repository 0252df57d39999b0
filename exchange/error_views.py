"""What a visitor is told when the site itself fails, without the help of whatever has failed."""

import sqlite3
import sys

from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string

from exchange.context_processors import site_settings

RETRY_AFTER_SECONDS = 30
PG_DISK_FULL = "53100"


class InvalidParameter(BadRequest):
    """A parameter of an address that cannot be answered. Its text is for whoever has sent it."""


def bad_request(request, exception):
    """As JSON for programs. The texts of other exceptions tell of the inside."""
    reason = str(exception) if isinstance(exception, InvalidParameter) else ""
    if not request.path_info.endswith(".json"):
        return _render_error(request, 400, reason=reason)
    error = reason or "This request cannot be read."
    return JsonResponse({"error": error}, status=400, headers={"Cache-Control": "no-store"})


def server_error(request):
    """A database that is gone comes back, and with it the site: that is no error of a page."""
    error = sys.exc_info()[1]
    if is_disk_full(error):
        return _render_error(request, 507, "admin/507.html")
    if isinstance(error, (OperationalError, InterfaceError)):
        response = _render_error(request, 503)
        response["Retry-After"] = RETRY_AFTER_SECONDS
        return response
    return _render_error(request, 500)


def is_disk_full(error):
    """Whether the database could not write, as its disk is full. Each kind says it in its own way."""
    told = getattr(error, "__cause__", None)
    is_full = getattr(told, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return is_full or getattr(told, "sqlstate", None) == PG_DISK_FULL


def _render_error(request, status, template=None, **context):
    """The request itself may be what is bad, and so the page is made without it."""
    content = render_to_string(template or f"{status}.html", site_settings(request) | context)
    response = HttpResponse(content, status=status)
    response["Cache-Control"] = "no-store"
    return response
