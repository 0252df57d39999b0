"""Two processes of the site, and an office that edits in a third: nobody sees a page from before a change."""

import re
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection

import pytest
from django.db import connection
from django.http import HttpResponse

from tests.backups.conftest import ROOT, Databases, Site
from tests.html import pieces, rows

pytestmark = pytest.mark.database
MARBURG = "/universities/marburg/"
OFFICE = """
import sys
import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from partners.models import Agreement, AgreementType, Country, ImportRun, University
from tests.admin import test_import_runs, test_inline, test_office_list, test_put_back, test_signing
from tests.conftest import staff

browser = Client()
browser.force_login(staff("coordinator", "Exchange coordinators"))


def listed(terms):
    return f"Country\\tUniversity name\\tAgreement type\\nGermany\\tMarburg\\t{terms}".encode()


def the(model):
    return model.objects.latest("pk")


for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""
EDITS = [
    (
        "test_office_list.confirm(browser, test_office_list.upload(browser, listed('in process')))",
        ["Germany", "Marburg in process"],
    ),
    (
        "test_inline.save(browser, the(University), test_inline.line('Erasmus+', 'in_process', the(Agreement)))",
        ["Germany", "Marburg Erasmus+ · in process"],
    ),
    (
        "browser.post(test_signing.address(the(Agreement)), test_signing.signed_on('2026-05-01', the(Agreement)))",
        ["Germany", "Marburg Erasmus+"],
    ),
    (
        "test_office_list.confirm(browser, test_office_list.upload(browser, listed('Erasmus+/GE3')))",
        ["Germany", "Marburg Erasmus+ GE3"],
    ),
    ("browser.post(test_import_runs.page_of(the(ImportRun), 'undo/'))", ["Germany", "Marburg Erasmus+"]),
    ("test_put_back.changed(the(University), name='Lahnburg')", ["Germany", "Lahnburg Erasmus+"]),
    (
        "browser.post(test_put_back.version(the(University)), test_put_back.newest(the(University)))",
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


class Office:
    """A process that does one thing after another."""

    def __init__(self, site):
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", OFFICE]
        self.process = subprocess.Popen(command, env=site.environment, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)

    def tell(self, what):
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def hear(self):
        return self.process.stdout.readline().strip()

    def does(self, what):
        self.tell(what)
        assert self.hear() == "done"


class Student:
    """A browser that keeps what it was given, and asks each time whether that is still true."""

    def __init__(self, site):
        command = [sys.executable, "-m", "gunicorn", "exchange.wsgi", "--bind", "127.0.0.1:0"]
        pipe = subprocess.PIPE
        self.server = subprocess.Popen(command, env=site.environment, cwd=ROOT, stderr=pipe, text=True)
        told = (re.search(r"(?<=http://)[\d.:]+", line) for line in self.server.stderr)
        self.address = next(filter(None, told))[0]
        self.held = {}

    def read(self, path):
        """The page, or the status of an answer without one."""
        etag, page = self.held.get(path, ("", None))
        line = HTTPConnection(self.address)
        line.request("GET", path, headers={"Host": "localhost", "If-None-Match": etag})
        with closing(line), line.getresponse() as answer:
            if answer.status == 200:
                page = HttpResponse(answer.read())
                self.held[path] = answer.headers["ETag"], page
            return page if answer.status in (200, 304) else answer.status


@pytest.fixture
def site(tmp_path):
    databases = Databases(tmp_path)
    _name, address = databases.make(connection.vendor)
    site = Site(address, tmp_path / "documents")
    site.run("migrate", "--verbosity", "0")
    yield site
    databases.drop()


@pytest.fixture
def students(site):
    two = [Student(site), Student(site)]
    yield two
    for student in two:
        student.server.terminate()
        student.server.communicate()


@pytest.fixture
def office(site):
    office = Office(site)
    yield office
    office.process.stdin.close()
    office.process.wait()
    office.process.stdout.close()


def test_nobody_sees_a_page_from_before_a_change(students, office):
    for edit, listed in EDITS:
        for student in students:
            student.read("/"), student.read(MARBURG)

        office.does(edit)

        for student in students:
            assert rows(student.read("/")) == listed, edit
            assert (student.read(MARBURG) == 404) == (listed == []), edit


def test_change_is_seen_with_its_commit_and_not_before(students, office):
    office.does("call_command('import_partners', 'fixtures/partners.tsv', stdout=sys.stderr)")
    half, whole = "University.objects.update(is_listed=False); print('half', flush=True)", "sys.stdin.readline()"

    office.tell(f"with transaction.atomic(): {half}; {whole}")

    assert office.hear() == "half"
    for student in students * 2:
        assert pieces(student.read("/"), "h2") == ["108 universities in 30 countries"]
    office.does("now the whole")
    for student in students * 2:
        assert pieces(student.read("/"), "h2") == ["There are no partner universities yet"]
