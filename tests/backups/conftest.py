import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from tests.conftest import OFFICES_LIST

ROOT = Path(__file__).resolve().parent.parent.parent


class Site:
    """A site with a database and a folder of documents of its own, driven by its commands."""

    def __init__(self, database, documents):
        self.documents = documents
        self.environment = os.environ | {"TEST_DATABASE_URL": database, "TEST_DOCUMENTS_DIR": str(documents)}

    def start(self, *arguments):
        command = [sys.executable, ROOT / "manage.py", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.environment, stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments):
        """What the command says, and what it complains of."""
        out, errors = self.start(*arguments).communicate()
        return out.strip(), errors.strip()

    def everything(self):
        """All rows of all tables, as Django's own command tells them."""
        return self.run("dumpdata", "--all", "--exclude", "sessions", "--exclude", "accounts.usersession")[0]


class Databases:
    """Makes databases of both kinds, and takes those away that stand on a server."""

    def __init__(self, folder):
        self.folder = folder
        self.made = []

    def make(self, kind, template=None):
        """The name of a database and its address."""
        name = f"partners_{uuid4().hex}"
        if kind == "sqlite":
            file = self.folder / f"{name}.sqlite3"
            if template:
                shutil.copy(self.folder / f"{template}.sqlite3", file)
            return name, f"sqlite:///{file}"
        on_server(f"CREATE DATABASE {name} TEMPLATE {template or 'template1'}")
        self.made.append(name)
        return name, server_address(name)

    def drop(self):
        for name in self.made:
            on_server(f"DROP DATABASE {name} WITH (FORCE)")


def server_address(name):
    server = connection.settings_dict
    user = f"{server['USER']}:{server['PASSWORD']}" if server["PASSWORD"] else server["USER"]
    return f"postgres://{user}@{server['HOST']}:{server['PORT']}/{name}"


def on_server(statement):
    with psycopg.connect(server_address("postgres"), autocommit=True) as outside:
        outside.execute(statement)


@pytest.fixture(scope="session")
def databases(tmp_path_factory):
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.drop()


@pytest.fixture(scope="session")
def templates(databases, tmp_path_factory):
    """The name of a database with the office's list in it, by its kind, made when it is first asked for."""
    names = {}

    def template(kind):
        if kind not in names:
            names[kind], address = databases.make(kind)
            site = Site(address, tmp_path_factory.mktemp("documents"))
            site.run("migrate", "--verbosity", "0")
            site.run("bootstrap", OFFICES_LIST, "--address", "http://localhost")
        return names[kind]

    return template


@pytest.fixture
def new_site(databases, tmp_path):
    """Makes sites with empty databases of a kind, or with copies of one."""

    def make(kind=connection.vendor, template=None):
        name, address = databases.make(kind, template)
        return Site(address, tmp_path / name)

    return make


@pytest.fixture
def filled(new_site, templates):
    """Makes sites with the office's list."""
    return lambda kind=connection.vendor: new_site(kind, templates(kind))
