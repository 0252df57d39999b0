import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

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
        return self.run("dumpdata", "--all", "--exclude", "sessions")[0]


@pytest.fixture
def new_site(request, tmp_path):
    """Makes sites with empty databases of a kind."""
    made = []

    def make(kind=connection.vendor):
        name = f"partners_{uuid4().hex}"
        if kind == "sqlite":
            return Site(f"sqlite:///{tmp_path}/{name}.sqlite3", tmp_path / name)
        _on_server(f"CREATE DATABASE {name}")
        made.append(name)
        server = connection.settings_dict
        user = f"{server['USER']}:{server['PASSWORD']}" if server["PASSWORD"] else server["USER"]
        return Site(f"postgres://{user}@{server['HOST']}:{server['PORT']}/{name}", tmp_path / name)

    yield make
    for name in made:
        _on_server(f"DROP DATABASE {name} WITH (FORCE)")


def _on_server(statement):
    server = connection.settings_dict
    told = {"host": server["HOST"], "port": server["PORT"], "user": server["USER"], "password": server["PASSWORD"]}
    with psycopg.connect(dbname="postgres", autocommit=True, **told) as outside:
        outside.execute(statement)
