"""What an administrator would look at one by one: each part of the site, and what to do about it."""

import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import get_connection
from django.db import DatabaseError
from django.http.request import validate_host

from exchange import environment as env
from exchange import health

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
COORDINATOR_GROUP = "Exchange coordinators"


def run_diagnostics() -> dict[str, list[str]]:
    """The faults of each part, each a sentence or two: what is wrong, and what to do."""
    parts = {"settings": check_settings, "database": check_database, "cache": check_cache, "mail": check_mail}
    parts |= {"documents": check_documents, "static files": check_static_files, "permissions": check_permissions}
    found = {name: list(look()) for name, look in parts.items()}
    return found if found["database"] else found | {"accounts": list(check_accounts())}


def check_settings() -> Iterator[str]:
    for message in checks.run_checks(include_deployment_checks=True):
        if not message.is_silenced():
            yield f"{message.msg} {message.hint or ''}".strip()
    if not settings.SITE_URL:
        yield "SITE_URL is not set, and reminders need it. Set it to the site's address."
    elif not validate_host(urlsplit(settings.SITE_URL).hostname, settings.ALLOWED_HOSTS):
        yield f"ALLOWED_HOSTS does not have the name in SITE_URL ({settings.SITE_URL}). Add it."
    if not settings.OFFICE_EMAIL:
        yield "OFFICE_EMAIL is not set: students see no contact, and nobody is told what nobody is responsible for."


def check_database() -> Iterator[str]:
    for words in (health.check_database(), health.check_migrations()):
        if words != health.OK:
            yield f"{words}. Is DATABASE_URL right, and does the server run?" if "cannot" in words else f"{words}."


def check_cache() -> Iterator[str]:
    if (words := health.check_cache()) != health.OK:
        yield f"{words}. Is CACHE_URL right, and does Redis run?"


def check_mail() -> Iterator[str]:
    if settings.EMAIL_BACKEND != SMTP_BACKEND:
        yield "Mail does not leave this machine. Set EMAIL_URL to your mail server."
        return
    try:
        with get_connection():
            pass
    except OSError as error:
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        yield f"The mail server {server} does not take mail from us: {error}. Look at EMAIL_URL."


def check_documents() -> Iterator[str]:
    """Each kind of storage fails in errors of its own."""
    storage = storages["documents"]
    try:
        storage.delete(storage.save("doctor", ContentFile(b"May be removed.")))
    except Exception as error:  # noqa: BLE001
        yield f"No document can be kept: {error}. Look at DOCUMENTS_DIR, where the site's user has to be able to write."


def check_static_files() -> Iterator[str]:
    if (words := health.static_files()) != health.OK:
        yield f"{words}."


def check_permissions() -> Iterator[str]:
    database = settings.DATABASES["default"]
    private = [settings.BASE_DIR / ".env", Path(env.DOCUMENTS_DIR)]
    if database["ENGINE"].endswith("sqlite3"):
        private.append(Path(database["NAME"]))
    for path in private:
        if path.exists() and path.stat().st_mode & stat.S_IRWXO:
            yield f"Everybody on this machine can read {path}. Run chmod o= {path}"


def check_accounts() -> Iterator[str]:
    people = get_user_model().objects.filter(is_active=True, is_staff=True)
    try:
        if not people.filter(is_superuser=True).exists():
            yield "Nobody administers accounts. Run manage.py createsuperuser."
        silent = people.filter(groups__name=COORDINATOR_GROUP, email="").order_by("username")
        for person in silent:
            yield f"{person} has no address, so reminders go to the office's. Give the account one."
    except DatabaseError as error:
        yield f"They cannot be read: {error}. Run manage.py migrate."
