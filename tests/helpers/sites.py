"""Sites with their own databases, run in subprocesses."""

import os
import shutil
import subprocess
import sys
from uuid import uuid4

import psycopg
from django.db import connection

from tests.helpers.paths import ROOT
from tests.helpers.processes import function_command


class Site:
    """A site with its own database and folder of documents."""

    def __init__(self, database, documents):
        self.documents = documents
        self.environment = os.environ | {"TEST_DATABASE_URL": database, "TEST_DOCUMENTS_DIR": str(documents)}

    def start(self, *arguments):
        """Start a management command, without waiting for it."""
        return self._start([sys.executable, "manage.py", *arguments])

    def run(self, *arguments):
        """Return the stdout and stderr of a management command."""
        return self._output(self.start(*arguments))

    def start_call(self, function, *arguments):
        """Start a process that calls a function of a module, without waiting for it."""
        return self._start(function_command(function, *arguments))

    def call(self, function, *arguments):
        """Return the stdout and stderr of a process that calls a function of a module."""
        return self._output(self.start_call(function, *arguments))

    def _start(self, command):
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    def _output(self, process):
        out, errors = process.communicate()
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


def execute_on_server(statement, database="postgres"):
    with psycopg.connect(server_url(database), autocommit=True) as admin_connection:
        admin_connection.execute(statement)
