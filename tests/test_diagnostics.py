import re
from datetime import date
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from exchange import diagnostics
from partners.groups import Role
from tests.helpers.factories import AgreementFactory, create_staff
from tests.helpers.mailserver import mail_server
from tests.helpers.static_files import MANIFEST_STORAGE, NOT_COLLECTED

pytestmark = pytest.mark.django_db

PARTS = [
    "settings",
    "database",
    "cache",
    "mail",
    "documents",
    "static files",
    "permissions",
    "search",
    "agreements",
    "accounts",
]


@pytest.fixture
def healthy_site(settings, tmp_path, coordinator):
    """The folder of a site without problems."""
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
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    coordinator.email, coordinator.is_superuser = "ann@example.edu", True
    coordinator.save()
    with mail_server() as (_inbox, port):
        settings.EMAIL_BACKEND = diagnostics.SMTP_BACKEND
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield tmp_path


def run_doctor():
    """Return the lines about problems and the command's error message."""
    stdout, error_message = StringIO(), None
    try:
        call_command("doctor", stdout=stdout)
    except CommandError as error:
        error_message = str(error)
    problems = [line for line in stdout.getvalue().splitlines() if not line.endswith(": fine")]
    return problems, error_message


def test_doctor_reports_a_healthy_site_as_fine(healthy_site):
    stdout = StringIO()

    call_command("doctor", stdout=stdout)

    assert stdout.getvalue().splitlines() == [f"{part}: fine" for part in PARTS]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("DEBUG", True, "settings: You should not have DEBUG set to True in deployment."),
        ("SITE_URL", "", "settings: SITE_URL is not set, and reminders need it. Set it to the site's URL."),
        (
            "SITE_URL",
            "https://other.example.edu",
            "settings: ALLOWED_HOSTS does not contain the host of SITE_URL (https://other.example.edu). Add it.",
        ),
        (
            "OFFICE_EMAIL",
            "",
            "settings: OFFICE_EMAIL is not set: students see no contact, "
            "and nobody gets the reminders for agreements without a responsible person.",
        ),
        (
            "EMAIL_BACKEND",
            "django.core.mail.backends.console.EmailBackend",
            "mail: Email is not sent to a mail server. Set EMAIL_URL to yours.",
        ),
        (
            "EMAIL_PORT",
            9,
            "mail: The mail server 127.0.0.1:9 cannot be used: [Errno 111] Connection refused. Check EMAIL_URL.",
        ),
        (
            "CACHES",
            {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9"}},
            "cache: cannot be reached, or stores nothing. Is CACHE_URL right, and does Redis run?",
        ),
    ],
)
def test_doctor_reports_a_wrong_setting(healthy_site, settings, name, value, problem):
    setattr(settings, name, value)

    assert run_doctor() == ([problem], "To do: 1")


def test_doctor_skips_accounts_if_the_database_is_unreachable(healthy_site):
    def fail(*args):
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        problems, error_message = run_doctor()

    assert problems == [
        "database: cannot be reached. Is DATABASE_URL right, and does the server run?",
        "database: not known without the database.",
    ]
    assert error_message == "To do: 2"


def test_doctor_reports_a_missing_constraint_and_what_overlaps_without_it(healthy_site):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE partners_agreement DROP CONSTRAINT agreement_periods_apart")
            remedy = "Execute as the owner of the tables: ALTER TABLE partners_agreement ADD CONSTRAINT "
        else:
            cursor.execute("DROP TRIGGER agreement_periods_apart_INSERT")
            remedy = "Run manage.py migrate."
    first = AgreementFactory(university__name="Marburg", valid_until=date(2027, 8, 31))
    second = AgreementFactory(university=first.university, valid_from=date(2027, 8, 31))
    AgreementFactory(university=first.university, scope="Faculty of Law")

    problems, error_message = run_doctor()

    assert problems[0].startswith(
        f"agreements: agreement_periods_apart is missing, so periods of signed agreements may overlap. {remedy}"
    )
    assert problems[1:] == [
        f"agreements: Agreement {agreement.pk} overlaps another signed one of Marburg: Bilateral, {period}. "
        "Change the dates of one of them, or end it."
        for agreement, period in [(first, "until 31 Aug 2027"), (second, "from 31 Aug 2027, end not recorded")]
    ]
    assert error_message == "To do: 3"


def test_doctor_reports_documents_that_cannot_be_stored(healthy_site):
    (healthy_site / "documents").touch(0o600)

    problems, _error_message = run_doctor()

    assert len(problems) == 1
    assert problems[0].startswith("documents: Documents cannot be stored: ")
    assert problems[0].endswith(". The site's user needs to be able to write to DOCUMENTS_DIR.")


def test_doctor_reports_missing_static_files(healthy_site, settings):
    manifest = {"BACKEND": MANIFEST_STORAGE}
    settings.STATIC_ROOT = healthy_site / "staticfiles"
    settings.STORAGES = settings.STORAGES | {"staticfiles": manifest}

    problems, error_message = run_doctor()

    assert error_message == "To do: 1"
    assert re.fullmatch(rf"static files: (\d+) of \1 {NOT_COLLECTED}\.", *problems)


def test_doctor_reports_a_world_readable_env_file(healthy_site):
    env_file = healthy_site / ".env"
    env_file.chmod(0o644)

    assert run_doctor() == (
        [f"permissions: Everybody on this machine can read {env_file}. Run chmod o= {env_file}"],
        "To do: 1",
    )


def test_doctor_reports_incomplete_accounts(healthy_site, coordinator):
    coordinator.is_superuser = False
    coordinator.save()
    create_staff("ben", Role.COORDINATOR)

    assert run_doctor() == (
        [
            "accounts: There is no active superuser. Run manage.py createsuperuser.",
            "accounts: ben has no email address, so reminders go to the office's. Give the account one.",
        ],
        "To do: 2",
    )


def test_doctor_checks_coordinators_of_a_renamed_group(healthy_site):
    Group.objects.filter(name="Exchange coordinators").update(name="International office")
    create_staff("ben", Role.COORDINATOR)

    problems, _error_message = run_doctor()

    assert problems == ["accounts: ben has no email address, so reminders go to the office's. Give the account one."]


@pytest.mark.parametrize(
    ("issuer", "problems"),
    [
        ("", []),
        (
            "https://login.example.edu",
            [
                "accounts: No group has the role Assistants, and single sign-on needs one. "
                "Choose it on the group's page."
            ],
        ),
    ],
)
def test_doctor_reports_a_missing_group_only_with_single_sign_on(healthy_site, settings, issuer, problems):
    settings.OIDC_ISSUER = issuer
    Group.objects.get(name="Assistants").delete()

    assert run_doctor()[0] == problems
