"""The fingerprint of code and settings, by which a cached page is not served once either has changed."""

import subprocess
import sys

import pytest

from tests.helpers.serving import copy_site

PRINT = "import django; django.setup(); from partners.public import page_cache; print(page_cache.build_fingerprint())"


@pytest.fixture(scope="module")
def fingerprint(tmp_path_factory):
    """A function that returns the fingerprint of a site with these environment variables only."""
    folder = copy_site(tmp_path_factory.mktemp("site"))

    def fingerprint(**variables):
        environment = {"SECRET_KEY": "x" * 50, "DJANGO_SETTINGS_MODULE": "exchange.settings"} | variables
        command = [sys.executable, "-c", PRINT]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout

    return fingerprint


@pytest.fixture(scope="module")
def default(fingerprint):
    return fingerprint()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "on"),
        ("HTTPS", "off"),
        ("OFFICE_NAME", "Another office"),
        ("OFFICE_EMAIL", "office@example.edu"),
        ("SITE_URL", "https://other.example.edu"),
        ("LANGUAGES", "de,en"),
        ("TIME_ZONE", "Europe/Berlin"),
        ("CSP_REPORT_URI", "https://reports.example.edu/csp"),
        ("EMBED_ALLOWED_ORIGINS", "https://www.example.edu"),
    ],
)
def test_fingerprint_depends_on_settings_that_change_pages(fingerprint, default, name, value):
    assert fingerprint(**{name: value}) != default


def test_fingerprint_is_the_same_in_every_process_and_folder(fingerprint, default):
    folders = {"DOCUMENTS_DIR": "/elsewhere", "DATABASE_URL": "sqlite:////elsewhere/db.sqlite3"}

    assert [fingerprint(), fingerprint(**folders)] == [default, default]
