"""Logging: one line for each event, in plain text or JSON, with the id of its request."""

import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import uuid4

from django.conf import settings
from django.utils.encoding import escape_uri_path
from pythonjsonlogger.core import RESERVED_ATTRS

REQUEST_ID_RE = re.compile(r"[\w.-]{1,64}", re.ASCII)
THROTTLE_INTERVAL = timedelta(minutes=10)
request_id = ContextVar("request_id", default="-")
logger = logging.getLogger("exchange.requests")
DATE_FORMAT = "%Y-%m-%dT%H:%M:%S%z"


def request_log_middleware(get_response):
    """Assign an id to each request, the proxy's X-Request-ID if there is one, and log each response.

    Its query is left out: it may say what somebody searched for.
    """

    def middleware(request):
        header = request.headers.get("X-Request-ID", "")
        is_trusted = settings.BEHIND_PROXY and REQUEST_ID_RE.fullmatch(header)
        request_id.set(header if is_trusted else uuid4().hex)
        start = perf_counter()
        response = get_response(request)
        response["X-Request-ID"] = request_id.get()
        path = route_with_token(request) or escape_uri_path(request.path)
        extra = {"method": request.method, "path": path, "status": response.status_code}
        extra["duration_ms"] = round(1000 * (perf_counter() - start))
        logger.info("%(method)s %(path)s %(status)s %(duration_ms)s ms", extra, extra=extra)
        return response

    return middleware


def route_with_token(request):
    """Return the route of a request whose path contains a secret token, to be logged in its place, else None."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match and "token" in match.kwargs else None


def add_request_id(record):
    record.request_id = request_id.get()
    return True


def hide_secret_path(record):
    """Replace the path of a failed request by its route if it contains a token, also in the mail to ADMINS."""
    request = getattr(record, "request", None)
    if route := route_with_token(request):
        record.args = tuple(route if argument == request.path else argument for argument in record.args)
        # AdminEmailHandler would mail the whole request.
        record.request = None
    return True


class ThrottleFilter(logging.Filter):
    """Pass each kind of record at most once per THROTTLE_INTERVAL and process, to limit error mails."""

    def __init__(self):
        super().__init__()
        self.last_passed = {}

    def filter(self, record):
        kind = record.exc_info[0] if record.exc_info else record.msg
        now = datetime.now(UTC)
        # abs(), so that a clock that is set back does not silence a kind until it has caught up.
        if abs(now - self.last_passed.get(kind, datetime.min.replace(tzinfo=UTC))) < THROTTLE_INTERVAL:
            return False
        self.last_passed[kind] = now
        return True


def console_logging(format_name):
    """Return the dictConfig that gunicorn and Django share. It must not depend on Django's settings."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "django.utils.log.CallbackFilter", "callback": add_request_id},
            "secret_path": {"()": "django.utils.log.CallbackFilter", "callback": hide_secret_path},
        },
        "formatters": {
            "plain": {"format": "{asctime} {levelname} [{request_id}] {message}", "style": "{", "datefmt": DATE_FORMAT},
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "format": "{asctime}{levelname}{name}{request_id}{message}",
                "style": "{",
                "datefmt": DATE_FORMAT,
                "reserved_attrs": [*RESERVED_ATTRS, "request", "server_time", "status_code"],
            },
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": format_name,
                "filters": ["request_id", "secret_path"],
            }
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {"gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False}},
    }


def build_logging(format_name, is_quiet):
    """Return the site's dictConfig. `is_quiet` leaves out the request log, as the development server has its own."""
    config = console_logging(format_name)
    config["filters"] |= {
        "throttle": {"()": ThrottleFilter},
        "require_debug_false": {"()": "django.utils.log.RequireDebugFalse"},
    }
    config["handlers"]["mail_admins"] = {
        "class": "django.utils.log.AdminEmailHandler",
        "level": "ERROR",
        "filters": ["require_debug_false", "throttle", "secret_path"],
    }
    config["loggers"] |= {
        "django": {"handlers": ["console", "mail_admins"], "level": "INFO", "propagate": False},
        "exchange": {"handlers": ["mail_admins"]},
        "partners": {"handlers": ["mail_admins"]},
        "exchange.requests": {"level": "WARNING" if is_quiet else "INFO"},
        "partners.security": {"level": "INFO"},
        # Its warnings repeat the events of partners.security without the user.
        "axes": {"level": "ERROR"},
    }
    return config
