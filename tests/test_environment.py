import re
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

VALID = {"SECRET_KEY": "x" * 50}
SITE = ["manage.py", "exchange", "partners", "templates", "fixtures"]
VARIABLES = re.findall(r'\bread\(\s*"([A-Z_0-9]+)"', (settings.BASE_DIR / "exchange" / "environment.py").read_text())


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A copy of the site without a developer's .env."""
    folder = tmp_path_factory.mktemp("site")
    for name in SITE:
        source = settings.BASE_DIR / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    return folder


@pytest.fixture
def manage(site):
    def run(command, **variables):
        """Runs a command of manage.py with nothing but these variables."""
        arguments = [sys.executable, "manage.py", *command.split()]
        return subprocess.run(arguments, cwd=site, env=variables, capture_output=True, text=True)

    return run


def test_site_starts_with_a_secret_key_alone(manage):
    done = manage("check", **VALID)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "System check identified no issues (0 silenced).\n"


def test_site_starts_with_every_variable_as_the_example_has_it(manage):
    example = (settings.BASE_DIR / ".env.example").read_text()
    variables = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE))

    done = manage("check", **variables | VALID | {"CACHE_URL": "locmem://"})

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", ""),
        ("DEBUG", "perhaps"),
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
        ("DOCUMENTS_S3_BUCKET", "documents"),
        ("DOCUMENTS_S3_SECRET_KEY", "secret"),
        ("DOCUMENTS_S3_ENDPOINT", "s3.example.edu"),
        ("DOCUMENTS_S3_REGION", "eu-central-1"),
        ("TIME_ZONE", "Europe/Atlantis"),
        ("TIME_ZONE", "Europe"),
        ("TIME_ZONE", ""),
        ("TIME_ZONE", "../etc/passwd"),
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
def test_missing_or_malformed_variable_stops_the_start_with_a_sentence(manage, name, value):
    variables = {key: each for key, each in (VALID | {name: value}).items() if each is not None}

    done = manage("check", **variables)

    assert done.returncode != 0
    assert done.stdout == ""
    assert re.fullmatch(rf"Not started: .*\b{name}\b.*\.\n", done.stderr)


@pytest.mark.parametrize("name", ["DATABASE_URL", "EMAIL_URL"])
def test_refusal_does_not_print_a_password(manage, name):
    done = manage("check", **VALID | {name: "nonsense://user:hunter2@host:port/name"})

    assert done.returncode != 0
    assert name in done.stderr
    assert "hunter2" not in done.stderr


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
def test_debug_is_off_unless_set(manage, variables, printed):
    done = manage("diffsettings --all", **VALID | variables)

    assert re.findall(r"^(?:### )?DEBUG = (\w+)$", done.stdout, re.MULTILINE) == [printed]


def test_variable_is_read_from_a_file_beside_manage_py_and_from_the_environment_first(manage, site):
    (site / ".env").write_text("SECRET_KEY=file\nOFFICE_NAME=From the file\nTIME_ZONE=Europe/Berlin\n")

    done = manage("diffsettings", OFFICE_NAME="From the environment")

    (site / ".env").unlink()
    found = re.findall(r"^(SECRET_KEY|OFFICE_NAME|TIME_ZONE) = '(.*?)'", done.stdout, re.MULTILINE)
    assert sorted(found) == [
        ("OFFICE_NAME", "From the environment"),
        ("SECRET_KEY", "file"),
        ("TIME_ZONE", "Europe/Berlin"),
    ]


@pytest.mark.parametrize("name", VARIABLES)
def test_variable_is_explained_in_the_example_and_in_the_manual(name):
    example = (settings.BASE_DIR / ".env.example").read_text()
    manual = (settings.BASE_DIR / "docs" / "operations.md").read_text()

    assert re.findall(rf"^#?({name})=", example, re.MULTILINE) == [name]
    assert re.findall(rf"^\| [^|]*`({name})`", manual, re.MULTILINE) == [name]


def test_variables_are_read_in_one_place_only():
    readers = [
        str(path.relative_to(settings.BASE_DIR))
        for folder in ("exchange", "partners")
        for path in sorted((settings.BASE_DIR / folder).rglob("*.py"))
        if re.search(r"\bos\.environ\b(?!\.setdefault\(\"DJANGO_SETTINGS)|\bgetenv\(", path.read_text())
    ]

    assert readers == ["exchange/environment.py"]
    assert len(VARIABLES) >= 12
