"""Error pages, rendered without the database, the session and the request's own data."""

import sqlite3
import sys

from django.conf import settings
from django.core.exceptions import BadRequest, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string

RETRY_AFTER_SECONDS = 30
PG_DISK_FULL = "53100"  # SQLSTATE, appendix A of PostgreSQL's manual


class InvalidParameter(BadRequest):
    """An invalid parameter of a request. Its message is displayed to the client."""


def bad_request(request, exception):
    """Render a page, or JSON for `.json` URLs. Other exceptions' messages are left out: they may leak internals."""
    reason = str(exception) if isinstance(exception, InvalidParameter) else ""
    if isinstance(exception, TooManyFilesSent):
        reason = f"At most {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files can be sent at once. Choose fewer."
    if not request.path_info.endswith(".json"):
        return _render_error(400, reason=reason)
    error = reason or "This request cannot be read."
    return JsonResponse({"error": error}, status=400, headers={"Cache-Control": "no-store"})


def server_error(request):
    """Answer 507 if the database's disk is full, 503 if the database cannot be reached, else 500."""
    error = sys.exc_info()[1]
    if is_disk_full(error):
        return _render_error(507, "admin/507.html")
    if isinstance(error, (OperationalError, InterfaceError)):
        response = _render_error(503)
        response["Retry-After"] = RETRY_AFTER_SECONDS
        return response
    return _render_error(500)


def is_disk_full(error):
    """Return True if a Django database error was caused by a full disk, on SQLite or PostgreSQL."""
    cause = getattr(error, "__cause__", None)
    is_full = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return is_full or getattr(cause, "sqlstate", None) == PG_DISK_FULL


def _render_error(status, template=None, **context):
    """Render without a request, which itself may be malformed."""
    context |= {"office_name": settings.OFFICE_NAME, "office_email": settings.OFFICE_EMAIL}
    content = render_to_string(template or f"{status}.html", context)
    response = HttpResponse(content, status=status)
    response["Cache-Control"] = "no-store"
    return response
