"""What the site writes about itself: one line for each event, and each line with the number of its request."""

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


def request_log_middleware(get_response):
    """Gives each request a number, takes the proxy's if it has one, and writes a line when it is answered."""

    def middleware(request):
        request_id.set(_request_id_for(request))
        began = perf_counter()
        response = get_response(request)
        response["X-Request-ID"] = request_id.get()
        told = {"method": request.method, "path": _loggable_path(request), "status": response.status_code}
        told["milliseconds"] = round(1000 * (perf_counter() - began))
        logger.info("%(method)s %(path)s %(status)s %(milliseconds)s ms", told, extra=told)
        return response

    return middleware


def _request_id_for(request):
    given = request.headers.get("X-Request-ID", "")
    return given if settings.BEHIND_PROXY and REQUEST_ID_RE.fullmatch(given) else uuid4().hex


def _loggable_path(request):
    """In one line, without what was searched for, and without a token that opens something."""
    match = request.resolver_match
    return f"/{match.route}" if match and "token" in match.kwargs else escape_uri_path(request.path)


class RequestIdFilter(logging.Filter):
    def filter(self, record):
        record.request_id = request_id.get()
        return True


class ThrottleFilter(logging.Filter):
    """Lets each kind of error through once in a while, so that a fault of an hour is not a mail a second."""

    def __init__(self):
        super().__init__()
        self.last = {}

    def filter(self, record):
        kind = record.exc_info[0] if record.exc_info else record.msg
        moment = datetime.now(UTC)
        if abs(moment - self.last.get(kind, datetime.min.replace(tzinfo=UTC))) < THROTTLE_INTERVAL:
            return False
        self.last[kind] = moment
        return True


def console_logging(format_name):
    """The part of the configuration that gunicorn shares, which knows no settings."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": RequestIdFilter}},
        "formatters": {
            "plain": {"format": "{asctime} {levelname} [{request_id}] {message}", "style": "{"},
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "format": "{asctime}{levelname}{name}{request_id}{message}",
                "style": "{",
                "reserved_attrs": [*RESERVED_ATTRS, "request", "server_time", "status_code"],
            },
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": format_name, "filters": ["request_id"]}
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {"gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False}},
    }


def build_logging(format_name, is_quiet):
    """Quiet where the development server tells of each request already."""
    told = console_logging(format_name)
    told["filters"] |= {"seldom": {"()": ThrottleFilter}, "in_production": {"()": "django.utils.log.RequireDebugFalse"}}
    told["handlers"]["mail"] = {
        "class": "django.utils.log.AdminEmailHandler",
        "level": "ERROR",
        "filters": ["in_production", "seldom"],
    }
    told["loggers"] |= {
        "django": {"handlers": ["console", "mail"], "level": "INFO", "propagate": False},
        "exchange": {"handlers": ["mail"]},
        "partners": {"handlers": ["mail"]},
        "exchange.requests": {"level": "WARNING" if is_quiet else "INFO"},
        "partners.security": {"level": "INFO"},
        # Whose lines would say the same once more, with who it was left out.
        "axes": {"level": "ERROR"},
    }
    return told
