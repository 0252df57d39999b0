"""A cached page is not served once code or settings have changed, as processes see: its ETag is another one then.

test_page_cache.py has the same in one process.
"""

import shutil
import subprocess

import pytest
from django.test import Client

from tests.helpers.paths import ROOT
from tests.helpers.processes import function_command, report
from tests.helpers.serving import copy_site, prepare_site, site_environment

pytestmark = pytest.mark.slow


def report_etag():
    report(Client(SERVER_NAME="localhost").get("/", secure=True).headers.get("ETag"))


def etag(folder, **variables):
    """Return the ETag of the list of the site in the folder, with these environment variables only."""
    environment = {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "exchange.settings"} | variables
    environment = site_environment(HTTPS="on", DATABASE_URL=f"sqlite:///{folder}/db.sqlite3") | environment
    command = function_command(report_etag)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a site with a database."""
    folder = copy_site(tmp_path_factory.mktemp("site"))
    prepare_site(folder, site_environment(DATABASE_URL=f"sqlite:///{folder}/db.sqlite3"))
    return folder


@pytest.fixture(scope="module")
def default(site):
    return etag(site)


@pytest.mark.parametrize(
    ("name", "value"),
    [
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
def test_etag_depends_on_settings_that_change_pages(site, default, name, value):
    assert etag(site, **{name: value}) not in (default, "None\n")


def test_page_in_debug_mode_has_no_etag(site):
    assert etag(site, DEBUG="on") == "None\n"


@pytest.mark.parametrize(
    "path", ["templates/partners/university.html", "partners/public/views.py", "partners/enums.py"]
)
def test_etag_depends_on_the_code(site, default, path):
    source = (site / path).read_bytes()
    (site / path).write_bytes(source + b"\n")

    try:
        assert etag(site) not in (default, "None\n")
    finally:
        (site / path).write_bytes(source)


def test_etag_is_the_same_in_every_process_and_folder(site, default, tmp_path):
    elsewhere = shutil.copytree(site, tmp_path / "elsewhere")

    assert default != "None\n"
    assert [etag(site), etag(elsewhere, DOCUMENTS_DIR="/elsewhere")] == [default, default]
