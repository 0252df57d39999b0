"""Cache invalidation across processes: two site processes serve no stale page after a third one has committed."""

import re
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection

import pytest
from django.db import connection
from django.http import HttpResponse

from tests.helpers.html import element_texts, rows
from tests.helpers.paths import ROOT
from tests.helpers.sites import Databases, Site

pytestmark = pytest.mark.database
MARBURG = "/universities/marburg/"
OFFICE = """
import sys
import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from partners.groups import Role
from partners.models import Agreement, AgreementType, Country, ImportRun, University

browser = Client()
browser.force_login(create_staff("coordinator", Role.COORDINATOR))


def list_file(terms):
    return f"Country\\tUniversity name\\tAgreement type\\nGermany\\tMarburg\\t{terms}".encode()


def latest(model):
    return model.objects.latest("pk")


for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""
EDITS = [
    (
        "test_import_export.confirm(browser, test_import_export.upload(browser, list_file('in process')))",
        ["Germany", "Marburg in process"],
    ),
    (
        "test_inline.save(browser, latest(University), test_inline.row('Erasmus+', 'in_process', latest(Agreement)))",
        ["Germany", "Marburg Erasmus+ · in process"],
    ),
    (
        "browser.post(test_bulk_sign.bulk_url(latest(Agreement)),"
        " test_bulk_sign.sign_data('2026-05-01', latest(Agreement)))",
        ["Germany", "Marburg Erasmus+"],
    ),
    (
        "test_import_export.confirm(browser, test_import_export.upload(browser, list_file('Erasmus+/GE3')))",
        ["Germany", "Marburg Erasmus+ GE3"],
    ),
    ("browser.post(test_import_runs.run_url(latest(ImportRun), 'undo/'))", ["Germany", "Marburg Erasmus+"]),
    ("test_revert.update(latest(University), name='Lahnburg')", ["Germany", "Lahnburg Erasmus+"]),
    (
        "browser.post(test_revert.version_url(latest(University)), test_revert.latest_version(latest(University)))",
        ["Germany", "Marburg Erasmus+"],
    ),
    ("University.objects.update(is_listed=False)", []),
    (
        "University.objects.bulk_update([University(pk=1, is_listed=True)], ['is_listed'])",
        ["Germany", "Marburg Erasmus+"],
    ),
    (
        "connection.cursor().execute(\"UPDATE partners_country SET name = 'Deutschland' WHERE code = 'DE'\")",
        ["Deutschland", "Marburg Erasmus+"],
    ),
    ("AgreementType.objects.filter(slug='erasmus').update(name='Erasmus')", ["Deutschland", "Marburg Erasmus"]),
    ("Agreement.objects.all().delete()", []),
]


class OfficeProcess:
    """A process that executes one line of code after another."""

    def __init__(self, site):
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", OFFICE]
        self.process = subprocess.Popen(command, env=site.environment, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)

    def send(self, code):
        self.process.stdin.write(f"{code}\n")
        self.process.stdin.flush()

    def receive(self):
        return self.process.stdout.readline().strip()

    def run(self, code):
        self.send(code)
        assert self.receive() == "done"


class StudentProcess:
    """A site process with a client that caches pages and revalidates them on each request."""

    def __init__(self, site):
        command = [sys.executable, "-m", "gunicorn", "exchange.wsgi", "--bind", "127.0.0.1:0"]
        pipe = subprocess.PIPE
        self.server = subprocess.Popen(command, env=site.environment, cwd=ROOT, stderr=pipe, text=True)
        hosts = (re.search(r"(?<=http://)[\d.:]+", line) for line in self.server.stderr)
        self.host = next(filter(None, hosts))[0]
        self.cached = {}

    def read(self, path):
        """Return the page, or the status code of a response without one."""
        etag, page = self.cached.get(path, ("", None))
        http = HTTPConnection(self.host)
        http.request("GET", path, headers={"Host": "localhost", "If-None-Match": etag})
        with closing(http), http.getresponse() as response:
            if response.status == 200:
                page = HttpResponse(response.read())
                self.cached[path] = response.headers["ETag"], page
            return page if response.status in (200, 304) else response.status


@pytest.fixture
def site(tmp_path):
    databases = Databases(tmp_path)
    _name, url = databases.create(connection.vendor)
    site = Site(url, tmp_path / "documents")
    site.run("migrate", "--verbosity", "0")
    yield site
    databases.drop()


@pytest.fixture
def students(site):
    processes = [StudentProcess(site), StudentProcess(site)]
    yield processes
    for student in processes:
        student.server.terminate()
        student.server.communicate()


@pytest.fixture
def office(site):
    office = OfficeProcess(site)
    yield office
    office.process.stdin.close()
    office.process.wait()
    office.process.stdout.close()


def test_no_process_serves_a_page_from_before_a_change(students, office):
    for edit, listed in EDITS:
        for student in students:
            student.read("/"), student.read(MARBURG)

        office.run(edit)

        for student in students:
            assert rows(student.read("/")) == listed, edit
            assert (student.read(MARBURG) == 404) == (listed == []), edit


def test_change_is_visible_with_its_commit_and_not_before(students, office):
    office.run("call_command('import_partners', 'fixtures/partners.tsv', stdout=sys.stderr)")
    update = "University.objects.update(is_listed=False); print('uncommitted', flush=True)"

    office.send(f"with transaction.atomic(): {update}; sys.stdin.readline()")

    assert office.receive() == "uncommitted"
    for student in students * 2:
        assert element_texts(student.read("/"), "h2") == ["108 universities in 30 countries"]
    office.run("commit")
    for student in students * 2:
        assert element_texts(student.read("/"), "h2") == ["There are no partner universities yet"]
