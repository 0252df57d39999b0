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


def run_diagnostics() -> dict[str, list[str]]:
    """Return the problems found in each part of the site by the part's name.

    A problem is one or two sentences: what is wrong, and what to do.
    """
    parts = {"settings": check_settings, "database": check_database, "cache": check_cache, "mail": check_mail}
    parts |= {"documents": check_documents, "static files": check_static_files, "permissions": check_permissions}
    return {name: list(check()) for name, check in parts.items()}


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


def check_database() -> Iterator[str]:
    for status in (health.check_database(), health.check_migrations()):
        if status != health.OK:
            yield f"{status}. Is DATABASE_URL right, and does the server run?" if "cannot" in status else f"{status}."


def check_cache() -> Iterator[str]:
    if (status := health.check_cache()) != health.OK:
        yield f"{status}. Is CACHE_URL right, and does Redis run?"


def check_mail() -> Iterator[str]:
    if settings.EMAIL_BACKEND != SMTP_BACKEND:
        yield "Email is not sent to a mail server. Set EMAIL_URL to yours."
        return
    try:
        with get_connection():
            pass
    except OSError as error:
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        yield f"The mail server {server} cannot be used: {error}. Check EMAIL_URL."


def check_documents() -> Iterator[str]:
    storage = storages["documents"]
    try:
        storage.delete(storage.save("doctor", ContentFile(b"May be removed.")))
    except Exception as error:  # noqa: BLE001 - each storage backend raises its own exceptions
        yield f"Documents cannot be stored: {error}. The site's user needs to be able to write to DOCUMENTS_DIR."


def check_static_files() -> Iterator[str]:
    if (status := health.check_static_files()) != health.OK:
        yield f"{status}."


def check_permissions() -> Iterator[str]:
    database = settings.DATABASES["default"]
    private_paths = [settings.BASE_DIR / ".env", Path(settings.DOCUMENTS_DIR)]
    if database["ENGINE"].endswith("sqlite3"):
        private_paths.append(Path(database["NAME"]))
    for path in private_paths:
        if path.exists() and path.stat().st_mode & stat.S_IRWXO:
            yield f"Everybody on this machine can read {path}. Run chmod o= {path}"
