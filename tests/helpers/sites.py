"""Sites with their own databases, run by management commands in subprocesses."""

import os
import shutil
import subprocess
import sys
from uuid import uuid4

import psycopg
from django.db import connection

from tests.helpers.paths import ROOT


class Site:
    """A site with its own database and folder of documents, run by management commands."""

    def __init__(self, database, documents):
        self.documents = documents
        self.environment = os.environ | {"TEST_DATABASE_URL": database, "TEST_DOCUMENTS_DIR": str(documents)}

    def start(self, *arguments):
        command = [sys.executable, ROOT / "manage.py", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.environment, stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments):
        """Return the stdout and stderr of a command."""
        out, errors = self.start(*arguments).communicate()
        return out.strip(), errors.strip()

    def dump(self):
        return self.run("dumpdata", "--all", "--exclude", "sessions", "--exclude", "accounts.usersession")[0]


class Databases:
    """Creates databases on SQLite and PostgreSQL, and drops those on the server."""

    def __init__(self, folder):
        self.folder = folder
        self.created = []

    def create(self, vendor, template=None):
        """Create a database, optionally as a copy of a template, and return its name and URL."""
        name = f"partners_{uuid4().hex}"
        if vendor == "sqlite":
            file = self.folder / f"{name}.sqlite3"
            if template:
                shutil.copy(self.folder / f"{template}.sqlite3", file)
            return name, f"sqlite:///{file}"
        execute_on_server(f"CREATE DATABASE {name} TEMPLATE {template or 'template1'}")
        self.created.append(name)
        return name, server_url(name)

    def drop(self):
        for name in self.created:
            execute_on_server(f"DROP DATABASE {name} WITH (FORCE)")


def server_url(name):
    server = connection.settings_dict
    user = f"{server['USER']}:{server['PASSWORD']}" if server["PASSWORD"] else server["USER"]
    return f"postgres://{user}@{server['HOST']}:{server['PORT']}/{name}"


def execute_on_server(statement):
    with psycopg.connect(server_url("postgres"), autocommit=True) as admin_connection:
        admin_connection.execute(statement)
