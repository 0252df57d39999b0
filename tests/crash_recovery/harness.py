"""A site, and works on it that are killed on their way."""

import multiprocessing
import random
import sqlite3
import time
from contextlib import closing, suppress
from hashlib import sha256
from itertools import cycle
from typing import NamedTuple

import dj_database_url
import psycopg
from django.apps import apps
from django.db import connection

from tests.crash_recovery import scenarios
from tests.serving import until

MOMENTS = 50
KILLED = -9
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["__main__", "tests.crash_recovery.preload", "tests.crash_recovery.scenarios"])
TABLES = [model._meta.db_table for model in apps.get_app_config("partners").get_models(include_auto_created=True)]
DOCUMENTS = "SELECT file, sha256 FROM partners_document"
OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def moments():
    """Parts of the time that a work takes, one at random in each fiftieth, the latest first.

    They are the same each time. What they hit is not, as no two runs take the same time.
    """
    chance = random.Random(MOMENTS)  # noqa: S311
    return [(number + chance.random()) / MOMENTS for number in reversed(range(MOMENTS))]


class Run(NamedTuple):
    left: dict[str, float]
    """How long it went on after each of the words that were heard of it."""
    was_killed: bool
    has_written: bool
    """Whether it came so far as to write to the database."""


class Scene:
    """A site on which a work is done over and over."""

    def __init__(self, new_site, template):
        self.new_site, self.template = new_site, template
        self.put_back()

    def put_back(self):
        """Goes on with a fresh copy of the site as it was before the work."""
        site = self.new_site(template=self.template)
        self.documents, self.address = site.documents, site.environment["TEST_DATABASE_URL"]

    def prepare(self, work, *arguments):
        assert not self.perform(work, *arguments).was_killed
        self.template = self.documents.name
        self.put_back()

    def perform(self, work, *arguments, word=None, patience=None):
        """Has the work done in a process of its own, and kills it when it has been at it for so long after a word."""
        told, tell = FORKS.Pipe(duplex=False)
        process = FORKS.Process(target=scenarios.perform, args=[tell, self.database, self.documents, work, *arguments])
        process.start()
        tell.close()
        heard = {}
        for each in words(told):
            heard[each] = time.monotonic()
            if each == word:
                break
        process.join(patience)
        ended = time.monotonic()
        process.kill()
        process.join()
        assert process.exitcode in (0, KILLED)
        left = {each: ended - moment for each, moment in heard.items()}
        return Run(left, process.exitcode == KILLED, scenarios.WRITING in {*heard, *words(told)})

    def runs(self, work, *arguments):
        """A whole run of a work, and fifty that are cut off, by turns in all of it and in what comes after a word."""
        whole = self.perform(work, *arguments)
        yield whole
        for part, word in zip(moments(), cycle(whole.left), strict=False):
            run = self.perform(work, *arguments, word=word, patience=part * whole.left[word])
            whole.left.update({} if run.was_killed else run.left)
            yield run

    def found(self):
        """How many rows each table has, and agreements each status, and of how many documents the file is whole."""
        with closing(self.connect()) as database:
            told = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
            told |= dict(database.execute("SELECT status, count(*) FROM partners_agreement GROUP BY status").fetchall())
            return told | {"whole": sum(self.is_whole(*each) for each in database.execute(DOCUMENTS).fetchall())}

    def is_whole(self, name, told):
        file = self.documents / name
        return file.exists() and sha256(file.read_bytes()).hexdigest() == told

    def connect(self):
        """Once the server has let go of who was killed."""
        if connection.vendor == "sqlite":
            return sqlite3.connect(self.database)
        database = psycopg.connect(self.address, autocommit=True)
        until(lambda: database.execute(OTHERS).fetchone() == (0,))
        return database

    @property
    def database(self):
        return dj_database_url.parse(self.address)["NAME"]


def words(told):
    with suppress(EOFError):
        while True:
            yield told.recv()
