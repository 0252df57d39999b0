"""Checks of an installation, each with advice on how to fix a problem."""

import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import get_connection
from django.http.request import validate_host

from exchange import health

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
HINTS = {
    "cannot be reached": "Is DATABASE_URL right, and does the server run?",
    health.CACHE_UNAVAILABLE: "Is CACHE_URL right, and does Redis run?",
}
"""Advice by status of the health check, where the status has none."""


def run_diagnostics() -> dict[str, list[str]]:
    """Return the problems found in each part of the site by the part's name.

    A problem is one or two sentences: what is wrong, and what to do.
    """
    return {
        "settings": list(check_settings()),
        "database": describe_problems(health.check_database(), health.check_migrations()),
        "cache": describe_problems(health.check_cache()),
        "mail": check_mail(),
        "documents": check_documents(),
        "static files": describe_problems(health.check_static_files()),
        "permissions": check_permissions(),
    }


def describe_problems(*statuses: str) -> list[str]:
    return [f"{status}. {HINTS.get(status, '')}".strip() for status in statuses if status != health.OK]


def check_settings() -> Iterator[str]:
    for message in checks.run_checks(include_deployment_checks=True):
        if not message.is_silenced():
            yield f"{message.msg} {message.hint or ''}".strip()
    if not settings.SITE_URL:
        yield "SITE_URL is not set, and reminders need it. Set it to the site's URL."
    elif not validate_host(urlsplit(settings.SITE_URL).hostname, settings.ALLOWED_HOSTS):
        yield f"ALLOWED_HOSTS does not contain the host of SITE_URL ({settings.SITE_URL}). Add it."
    if not settings.OFFICE_EMAIL:
        yield (
            "OFFICE_EMAIL is not set: students see no contact, "
            "and nobody gets the reminders for agreements without a responsible person."
        )


def check_mail() -> list[str]:
    if settings.EMAIL_BACKEND != SMTP_BACKEND:
        return ["Email is not sent to a mail server. Set EMAIL_URL to yours."]
    try:
        with get_connection():
            return []
    except OSError as error:
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        return [f"The mail server {server} cannot be used: {error}. Check EMAIL_URL."]


def check_documents() -> list[str]:
    storage = storages["documents"]
    try:
        storage.delete(storage.save("doctor", ContentFile(b"May be removed.")))
    except Exception as error:  # noqa: BLE001 - each storage backend raises its own exceptions
        return [f"Documents cannot be stored: {error}. The site's user needs to be able to write to DOCUMENTS_DIR."]
    return []


def check_permissions() -> list[str]:
    database = settings.DATABASES["default"]
    paths = [settings.BASE_DIR / ".env", Path(settings.DOCUMENTS_DIR)]
    if database["ENGINE"].endswith("sqlite3"):
        paths.append(Path(database["NAME"]))
    readable = [path for path in paths if path.exists() and path.stat().st_mode & stat.S_IRWXO]
    return [f"Everybody on this machine can read {path}. Run chmod o= {path}" for path in readable]
