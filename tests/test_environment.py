import re
import subprocess
import sys

import pytest
from django.conf import settings

from tests.helpers.serving import copy_site

pytestmark = pytest.mark.slow

VALID = {"SECRET_KEY": "x" * 50}
VARIABLES = re.findall(r'\benv\.\w+\(\s*"([A-Z_0-9]+)"', (settings.BASE_DIR / "exchange" / "settings.py").read_text())


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return copy_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def manage(site):
    """A function that runs a management command with these environment variables only."""

    def run(command, **variables):
        arguments = [sys.executable, "manage.py", *command.split()]
        return subprocess.run(arguments, cwd=site, env=variables, capture_output=True, text=True)

    return run


def test_only_secret_key_is_required(manage):
    process = manage("check", **VALID)

    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout == "System check identified no issues (0 silenced).\n"


def test_values_of_the_example_are_valid(manage):
    example = (settings.BASE_DIR / ".env.example").read_text()
    variables = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE))

    process = manage("check", **variables | VALID)

    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", ""),
        ("DEBUG", "perhaps"),
        ("DEBUG", "ture"),
        ("MFA_REQUIRED", "ture"),
        ("HTTPS", "perhaps"),
        ("BEHIND_PROXY", "perhaps"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "nonsense://host/name"),
        ("DATABASE_URL", "postgres://host:port/name"),
        ("CACHE_URL", "nonsense"),
        ("CACHE_URL", "nonsense://host"),
        ("EMAIL_URL", "nonsense"),
        ("EMAIL_URL", "nonsense://host"),
        ("EMAIL_URL", "smtp://host:port"),
        ("IMPORT_MAX_MB", "ten"),
        ("DOCUMENT_MAX_MB", "ten"),
        ("DOCUMENTS_DIR", ""),
        ("DOCUMENTS_DIR", "documents"),
        ("ROR_CACHE_DIR", "ror"),
        ("ROR_RELEASES_URL", "http://zenodo.example"),
        ("ROR_RELEASES_URL", "zenodo"),
        ("DOCUMENTS_S3_BUCKET", "documents"),
        ("DOCUMENTS_S3_SECRET_KEY", "secret"),
        ("DOCUMENTS_S3_ENDPOINT", "s3.example.edu"),
        ("DOCUMENTS_S3_REGION", "eu-central-1"),
        ("TIME_ZONE", "Europe/Atlantis"),
        ("TIME_ZONE", "Europe"),
        ("TIME_ZONE", ""),
        ("TIME_ZONE", "../etc/passwd"),
        ("ACADEMIC_YEAR_START", ""),
        ("ACADEMIC_YEAR_START", "1 September"),
        ("ACADEMIC_YEAR_START", "09-31"),
        ("ACADEMIC_YEAR_START", "02-29"),
        ("ACADEMIC_YEAR_START", "2026-09-01"),
        ("LANGUAGES", ""),
        ("LANGUAGES", "en,xx"),
        ("LANGUAGES", "en,de,en"),
        ("OFFICE_NAME", ""),
        ("OFFICE_EMAIL", "office at example.edu"),
        ("SITE_URL", "partners.example.edu"),
        ("CSP_REPORT_URI", "reports.example.edu"),
        ("ADMINS", "it@example.edu, nobody"),
        ("SENTRY_DSN", "sentry"),
        ("LOG_FORMAT", "xml"),
        ("WEB_CONCURRENCY", "many"),
        ("WEB_CONCURRENCY", "0"),
        ("SITE_URL", "ftp://partners.example.edu"),
        ("SITE_URL", "https://partners.example.edu/list"),
        ("SITE_URL", "https://partners.example.edu?"),
    ],
)
def test_missing_or_malformed_variable_stops_with_a_message(manage, name, value):
    variables = {key: text for key, text in (VALID | {name: value}).items() if text is not None}

    process = manage("check", **variables)

    assert process.returncode != 0
    assert process.stdout == ""
    assert re.fullmatch(rf"Not started: .*\b{name}\b.*\.\n", process.stderr)


def test_storage_endpoint_may_be_a_name_without_a_dot(manage):
    keys = {f"DOCUMENTS_S3_{name}": "documents" for name in ("BUCKET", "ACCESS_KEY", "SECRET_KEY")}

    process = manage("check", **VALID | keys | {"DOCUMENTS_S3_ENDPOINT": "http://minio:9000"})

    assert (process.returncode, process.stderr) == (0, "")


def test_message_says_what_is_wrong(manage):
    process = manage("check", **VALID | {"DEBUG": "ture"})

    assert process.stderr == (
        'Not started: Environment variable "DEBUG" invalid: Not a valid boolean. '
        "The variables are explained in .env.example.\n"
    )


SECRETS = [
    ("DATABASE_URL", "nonsense://user:hunter2@host:port/name"),
    ("DATABASE_URL", "postgres://user:hunter2/3@host/name"),
    ("EMAIL_URL", "nonsense://user:hunter2@host:port/name"),
    ("EMAIL_URL", "smtp://user:hunter2/3@host"),
    ("CACHE_URL", "redis://:hunter2/3@host:6379/0"),
    ("CACHE_URL", "redis://:hunter2/3@host:port/0"),
    ("CACHE_URL", "hunter2://host"),
    ("SENTRY_DSN", "hunter2"),
    ("SECRET_KEY", ""),
    ("DOCUMENTS_S3_SECRET_KEY", "hunter2"),
]


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_error_message_does_not_contain_a_password(manage, name, value):
    process = manage("check", **VALID | {name: value})

    assert process.returncode != 0
    assert name in process.stderr
    assert "hunter2" not in process.stderr


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_traceback_of_a_server_does_not_contain_a_password(site, name, value):
    command = [sys.executable, "-m", "exchange.gunicorn_conf"]

    process = subprocess.run(command, cwd=site, env=VALID | {name: value}, capture_output=True, text=True)

    assert process.returncode != 0
    assert name in process.stderr
    assert "hunter2" not in process.stderr


@pytest.mark.parametrize(
    ("variables", "printed"),
    [
        ({}, "False"),
        ({"DEBUG": "off"}, "False"),
        ({"DEBUG": "on"}, "True"),
        ({"DEBUG": "1"}, "True"),
    ],
    ids=["unset", "off", "on", "1"],
)
def test_debug_is_off_by_default(manage, variables, printed):
    process = manage("diffsettings --all", **VALID | variables)

    assert re.findall(r"^(?:### )?DEBUG = (\w+)$", process.stdout, re.MULTILINE) == [printed]


def test_environment_takes_precedence_over_env_file(manage, site):
    (site / ".env").write_text("SECRET_KEY=file\nOFFICE_NAME=From the file\nTIME_ZONE=Europe/Berlin\n")

    process = manage("diffsettings", OFFICE_NAME="From the environment")

    (site / ".env").unlink()
    found = re.findall(r"^(SECRET_KEY|OFFICE_NAME|TIME_ZONE) = '(.*?)'", process.stdout, re.MULTILINE)
    assert sorted(found) == [
        ("OFFICE_NAME", "From the environment"),
        ("SECRET_KEY", "file"),
        ("TIME_ZONE", "Europe/Berlin"),
    ]


@pytest.mark.parametrize(
    ("variables", "printed"), [({}, "(9, 1)"), ({"ACADEMIC_YEAR_START": "10-15"}, "(10, 15)")], ids=["unset", "set"]
)
def test_academic_year_starts_on_the_first_of_september_by_default(manage, variables, printed):
    process = manage("diffsettings --all", **VALID | variables)

    assert re.findall(r"^(?:### )?ACADEMIC_YEAR_START = (.*?)(?:  ###)?$", process.stdout, re.MULTILINE) == [printed]


@pytest.mark.parametrize("name", VARIABLES)
def test_variable_is_documented(name):
    example = (settings.BASE_DIR / ".env.example").read_text()
    operations = (settings.BASE_DIR / "docs" / "operations.md").read_text()

    assert re.findall(rf"^#?({name})=", example, re.MULTILINE) == [name]
    assert re.findall(rf"^\| [^|]*`({name})`", operations, re.MULTILINE) == [name]


def test_environment_is_read_by_one_module_only():
    modules = [
        str(path.relative_to(settings.BASE_DIR))
        for folder in ("exchange", "partners")
        for path in sorted((settings.BASE_DIR / folder).rglob("*.py"))
        if re.search(r"\bos\.environ\b(?!\.setdefault\(\"DJANGO_SETTINGS)|\bgetenv\(|\bEnv\(", path.read_text())
    ]

    assert modules == ["exchange/settings.py"]
    assert len(VARIABLES) >= 35
