"""Concurrent imports in several processes and threads."""

import sqlite3
import threading
from contextlib import closing
from shutil import copy

import pytest
from django.db import connection, connections
from django.utils.timezone import localdate

from partners.imports.files import read_file
from partners.imports.resources import OfficeListResource
from partners.models import Run, University
from tests.helpers.concurrent_preview import preview
from tests.helpers.paths import OFFICE_LIST_PATH
from tests.helpers.sites import Site, server_url

pytestmark = pytest.mark.slow

TABLES = ["university", "agreement", "historicaluniversity", "historicalagreement", "run"]


@pytest.fixture
def site(migrated_file, tmp_path):
    """A site with an empty SQLite database."""
    return Site(f"sqlite:///{copy(migrated_file, tmp_path)}", tmp_path / "documents")


def count_rows(tmp_path):
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        return [database.execute(f"SELECT count(*) FROM partners_{table}").fetchone()[0] for table in TABLES]


def test_concurrent_imports_create_each_university_once(site, tmp_path):
    processes = [site.start("import_partners", OFFICE_LIST_PATH) for _ in range(2)]

    counts_lines = sorted(process.communicate()[0].splitlines()[-1] for process in processes)

    assert counts_lines == [
        "0 new, 0 changed, 108 unchanged, 0 errors",
        "108 new, 0 changed, 0 unchanged, 0 errors",
    ]
    assert count_rows(tmp_path) == [108, 128, 108, 128, 1]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_concurrent_imports_create_each_university_once_on_postgresql(office_list):
    counts_lines = []

    def run_import():
        run = Run.from_upload(office_list, file_name="partners.tsv")
        table = read_file(office_list, OfficeListResource)[1]
        try:
            counts_lines.append(OfficeListResource().import_data(table, on=localdate(), run=run).counts())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run_import) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts_lines) == [
        "0 new, 0 changed, 108 unchanged, 0 errors",
        "108 new, 0 changed, 0 unchanged, 0 errors",
    ]
    assert University.objects.count() == 108


def test_preview_does_not_block_writers(site):
    output, _errors = site.call(preview, OFFICE_LIST_PATH)

    assert output.splitlines()[-1] == "108 new; saved"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_preview_does_not_block_writers_on_postgresql(documents):
    site = Site(server_url(connection.settings_dict["NAME"]), documents)

    output, _errors = site.call(preview, OFFICE_LIST_PATH)

    assert output.splitlines()[-1] == "108 new; saved"
