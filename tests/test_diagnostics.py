import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from exchange import diagnostics
from tests.conftest import staff
from tests.reminders.mailserver import mail_server
from tests.test_health import MANIFEST_STORAGE, NOT_COLLECTED

pytestmark = pytest.mark.django_db

PARTS = ["settings", "database", "cache", "mail", "documents", "static files", "permissions", "accounts"]


@pytest.fixture
def well(settings, tmp_path, monkeypatch, coordinator):
    """A site with which nothing is wrong."""
    settings.SECRET_KEY = "aB3$xyz9" * 8
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    settings.ALLOWED_HOSTS = ["partners.example.edu"]
    settings.OFFICE_EMAIL = "exchange@example.edu"
    settings.BASE_DIR = tmp_path
    (tmp_path / ".env").touch(0o640)
    options = {"location": tmp_path / "documents", "directory_permissions_mode": 0o700}
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"documents": storage}
    monkeypatch.setattr(diagnostics.env, "DOCUMENTS_DIR", str(tmp_path / "documents"))
    coordinator.email, coordinator.is_superuser = "ann@example.edu", True
    coordinator.save()
    with mail_server() as (_inbox, port):
        settings.EMAIL_BACKEND = diagnostics.SMTP_BACKEND
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield tmp_path


def told():
    """What the doctor found, and how it ended."""
    printed, failure = StringIO(), None
    try:
        call_command("doctor", stdout=printed)
    except CommandError as error:
        failure = str(error)
    faults = [line for line in printed.getvalue().splitlines() if not line.endswith(": fine")]
    return faults, failure


def test_site_with_which_nothing_is_wrong_is_fine(well):
    printed = StringIO()

    call_command("doctor", stdout=printed)

    assert printed.getvalue().splitlines() == [f"{part}: fine" for part in PARTS]


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("DEBUG", True, "settings: You should not have DEBUG set to True in deployment."),
        ("SITE_URL", "", "settings: SITE_URL is not set, and reminders need it. Set it to the site's address."),
        (
            "SITE_URL",
            "https://other.example.edu",
            "settings: ALLOWED_HOSTS does not have the name in SITE_URL (https://other.example.edu). Add it.",
        ),
        (
            "OFFICE_EMAIL",
            "",
            "settings: OFFICE_EMAIL is not set: students see no contact, "
            "and nobody is told what nobody is responsible for.",
        ),
        (
            "EMAIL_BACKEND",
            "django.core.mail.backends.console.EmailBackend",
            "mail: Mail does not leave this machine. Set EMAIL_URL to your mail server.",
        ),
        (
            "EMAIL_PORT",
            9,
            "mail: The mail server 127.0.0.1:9 does not take mail from us: [Errno 111] Connection refused. "
            "Look at EMAIL_URL.",
        ),
        (
            "CACHES",
            {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9"}},
            "cache: cannot be reached, or keeps nothing. Is CACHE_URL right, and does Redis run?",
        ),
    ],
)
def test_setting_that_is_wrong_is_said_with_what_to_do(well, settings, name, value, fault):
    setattr(settings, name, value)

    assert told() == ([fault], "To do: 1")


def test_database_that_is_gone_is_said_and_accounts_are_left(well):
    def fail(*args):
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        faults, failure = told()

    assert faults == [
        "database: cannot be reached. Is DATABASE_URL right, and does the server run?",
        "database: not known without the database.",
    ]
    assert failure == "To do: 2"


def test_documents_that_cannot_be_kept_are_said(well):
    (well / "documents").touch(0o600)

    faults, _failure = told()

    assert len(faults) == 1
    assert faults[0].startswith("documents: No document can be kept: ")
    assert faults[0].endswith(". Look at DOCUMENTS_DIR, where the site's user has to be able to write.")


def test_static_files_that_are_missing_are_said(well, settings):
    manifest = {"BACKEND": MANIFEST_STORAGE}
    settings.STATIC_ROOT = well / "staticfiles"
    settings.STORAGES = settings.STORAGES | {"staticfiles": manifest}

    faults, failure = told()

    assert failure == "To do: 1"
    assert re.fullmatch(rf"static files: (\d+) of \1 {NOT_COLLECTED}\.", *faults)


def test_secret_that_everybody_can_read_is_said(well):
    (well / ".env").chmod(0o644)

    assert told() == (
        [f"permissions: Everybody on this machine can read {well}/.env. Run chmod o= {well}/.env"],
        "To do: 1",
    )


def test_accounts_that_are_missing_something_are_said(well, coordinator):
    coordinator.is_superuser = False
    coordinator.save()
    staff("ben", "Exchange coordinators")

    assert told() == (
        [
            "accounts: Nobody administers accounts. Run manage.py createsuperuser.",
            "accounts: ben has no address, so reminders go to the office's. Give the account one.",
        ],
        "To do: 2",
    )
