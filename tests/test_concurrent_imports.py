"""Imports in processes of their own, several at once."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, connections

from partners.imports.resources import OfficeListResource
from partners.models import ImportRun, University
from tests.backups.conftest import server_address
from tests.conftest import OFFICES_LIST

ROOT = Path(__file__).resolve().parent.parent
TABLES = ["university", "agreement", "historicaluniversity", "historicalagreement", "importrun"]
PREVIEW = f"from tests.previewing import preview; preview({str(OFFICES_LIST)!r})"
ON_POSTGRESQL = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="no PostgreSQL: name a server in TEST_DATABASE_URL"
)


def started(database, *arguments):
    """A command of a site with this database."""
    environment = os.environ | {"TEST_DATABASE_URL": database}
    command = [sys.executable, ROOT / "manage.py", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, env=environment, text=True, **pipes)


@pytest.fixture
def manage(tmp_path):
    """Starts a command of a fresh site on SQLite."""
    start = partial(started, f"sqlite:///{tmp_path}/db.sqlite3")
    start("migrate", "--verbosity", "0").communicate()
    return start


def counts(tmp_path):
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        return [database.execute(f"SELECT count(*) FROM partners_{table}").fetchone()[0] for table in TABLES]


def test_two_imports_at_once_import_once(manage, tmp_path):
    both = [manage("import_partners", OFFICES_LIST) for _ in range(2)]

    told = sorted(process.communicate()[0].splitlines()[-1] for process in both)

    assert told == [
        "0 new, 0 changed, 108 unchanged, 0 errors",
        "108 new, 0 changed, 0 unchanged, 0 errors",
    ]
    assert counts(tmp_path) == [108, 128, 108, 128, 1]


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_two_imports_at_once_take_turns_on_postgresql(offices_list):
    told = []

    def imported():
        run = ImportRun.of(offices_list, file_name="partners.tsv")
        table = OfficeListResource.read(offices_list)
        try:
            told.append(OfficeListResource().import_data(table, run=run).counts())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=imported) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == [
        "0 new, 0 changed, 108 unchanged, 0 errors",
        "108 new, 0 changed, 0 unchanged, 0 errors",
    ]
    assert University.objects.count() == 108


def test_preview_keeps_nobody_from_saving(manage):
    told = manage("shell", "-c", PREVIEW).communicate()[0]

    assert told.splitlines()[-1] == "108 new; saved"


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reference_data")
def test_preview_keeps_nobody_from_saving_on_postgresql():
    told = started(server_address(connection.settings_dict["NAME"]), "shell", "-c", PREVIEW).communicate()[0]

    assert told.splitlines()[-1] == "108 new; saved"
