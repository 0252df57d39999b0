"""Cache invalidation across processes: two site processes serve no stale page after a third one has committed."""

import re
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection

import pytest
from django.db import connection
from django.http import HttpResponse

from tests.helpers import office_changes
from tests.helpers.html import element_texts, rows
from tests.helpers.paths import ROOT
from tests.helpers.sites import Databases, Site

pytestmark = [pytest.mark.slow, pytest.mark.database]
MARBURG = "/universities/marburg/"
EDITS = [
    (office_changes.import_agreement_in_process, ["Germany", "Marburg in process"]),
    (office_changes.choose_type_on_university_page, ["Germany", "Marburg Erasmus+ · in process"]),
    (office_changes.sign_agreement, ["Germany", "Marburg Erasmus+"]),
    (office_changes.import_second_type, ["Germany", "Marburg Erasmus+ GE3"]),
    (office_changes.undo_import, ["Germany", "Marburg Erasmus+"]),
    (office_changes.rename_university, ["Germany", "Lahnburg Erasmus+"]),
    (office_changes.revert_university, ["Germany", "Marburg Erasmus+"]),
    (office_changes.unlist_by_queryset, []),
    (office_changes.list_by_bulk_update, ["Germany", "Marburg Erasmus+"]),
    (office_changes.rename_country_by_sql, ["Deutschland", "Marburg Erasmus+"]),
    (office_changes.rename_agreement_type, ["Deutschland", "Marburg Erasmus"]),
    (office_changes.delete_agreements, []),
]


class OfficeProcess:
    """A process that makes one change after another."""

    def __init__(self, site):
        self.process = site.start_call(office_changes.make_changes)

    def send(self, change):
        self.process.stdin.write(f"{change.__name__}\n")
        self.process.stdin.flush()

    def receive(self):
        return self.process.stdout.readline().strip()

    def run(self, change):
        self.send(change)
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
    office.process.communicate()


def test_no_process_serves_a_page_from_before_a_change(students, office):
    for edit, listed in EDITS:
        for student in students:
            student.read("/"), student.read(MARBURG)

        office.run(edit)

        for student in students:
            assert rows(student.read("/")) == listed, edit.__name__
            assert (student.read(MARBURG) == 404) == (listed == []), edit.__name__


def test_change_is_visible_with_its_commit_and_not_before(students, office):
    office.run(office_changes.import_office_list)

    office.send(office_changes.unlist_and_wait_before_commit)

    assert office.receive() == "uncommitted"
    for student in students * 2:
        assert element_texts(student.read("/"), "h2") == ["108 universities in 30 countries"]
    office.process.stdin.write("\n")
    office.process.stdin.flush()
    assert office.receive() == "done"
    for student in students * 2:
        assert element_texts(student.read("/"), "h2") == ["There are no partner universities yet"]
