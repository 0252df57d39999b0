"""Concurrent imports in several processes and threads."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from functools import partial

import pytest
from django.db import connection, connections

from partners.imports.resources import OfficeListResource
from partners.models import ImportRun, University
from tests.helpers.paths import OFFICE_LIST_PATH, ROOT
from tests.helpers.sites import server_url

TABLES = ["university", "agreement", "historicaluniversity", "historicalagreement", "importrun"]
PREVIEW_SCRIPT = f"from tests.helpers.concurrent_preview import preview; preview({str(OFFICE_LIST_PATH)!r})"
only_on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="no PostgreSQL: set TEST_DATABASE_URL"
)


def start_command(database, *arguments):
    """Start a management command with a database URL, without waiting for it."""
    environment = os.environ | {"TEST_DATABASE_URL": database}
    command = [sys.executable, ROOT / "manage.py", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, env=environment, text=True, **pipes)


@pytest.fixture
def manage(tmp_path):
    """A function that starts a management command with a new SQLite database."""
    start = partial(start_command, f"sqlite:///{tmp_path}/db.sqlite3")
    start("migrate", "--verbosity", "0").communicate()
    return start


def count_rows(tmp_path):
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        return [database.execute(f"SELECT count(*) FROM partners_{table}").fetchone()[0] for table in TABLES]


def test_concurrent_imports_create_each_university_once(manage, tmp_path):
    processes = [manage("import_partners", OFFICE_LIST_PATH) for _ in range(2)]

    counts_lines = sorted(process.communicate()[0].splitlines()[-1] for process in processes)

    assert counts_lines == [
        "0 new, 0 changed, 108 unchanged, 0 errors",
        "108 new, 0 changed, 0 unchanged, 0 errors",
    ]
    assert count_rows(tmp_path) == [108, 128, 108, 128, 1]


@only_on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_concurrent_imports_create_each_university_once_on_postgresql(office_list):
    counts_lines = []

    def run_import():
        run = ImportRun.from_upload(office_list, file_name="partners.tsv")
        table = OfficeListResource.read(office_list)
        try:
            counts_lines.append(OfficeListResource().import_data(table, run=run).counts())
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


def test_preview_does_not_block_writers(manage):
    output = manage("shell", "-c", PREVIEW_SCRIPT).communicate()[0]

    assert output.splitlines()[-1] == "108 new; saved"


@only_on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_preview_does_not_block_writers_on_postgresql():
    process = start_command(server_url(connection.settings_dict["NAME"]), "shell", "-c", PREVIEW_SCRIPT)

    assert process.communicate()[0].splitlines()[-1] == "108 new; saved"
