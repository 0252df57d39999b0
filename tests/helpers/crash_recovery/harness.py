"""A site on which scenarios run in child processes that are killed midway."""

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

from tests.helpers.crash_recovery import scenarios
from tests.helpers.serving import wait_until

KILL_COUNT = 30
KILLED = -9
FORK_SERVER = multiprocessing.get_context("forkserver")
FORK_SERVER.set_forkserver_preload(["__main__", f"{__package__}.preload", scenarios.__name__])
TABLES = [model._meta.db_table for model in apps.get_app_config("partners").get_models(include_auto_created=True)]
SELECT_DOCUMENTS = "SELECT file, sha256 FROM partners_document"
COUNT_OTHER_CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def kill_moments():
    """Return fractions of a scenario's duration, a random one in each fiftieth, the latest first.

    They are the same each time. The statements that they interrupt are not, as no two runs take equally long.
    """
    rng = random.Random(KILL_COUNT)  # noqa: S311
    return [(index + rng.random()) / KILL_COUNT for index in reversed(range(KILL_COUNT))]


class Run(NamedTuple):
    seconds_after: dict[str, float]
    """Duration of the process after each of its events."""
    was_killed: bool
    has_written: bool


class CrashHarness:
    """Runs scenarios on copies of a site."""

    def __init__(self, new_site, template):
        self.new_site, self.template = new_site, template
        self.reset()

    def reset(self):
        """Replace the site by a fresh copy of the template."""
        site = self.new_site(template=self.template)
        self.documents, self.database_url = site.documents, site.environment["TEST_DATABASE_URL"]

    def prepare(self, scenario, *arguments):
        """Run a scenario to its end, and make the result the template."""
        assert not self.perform(scenario, *arguments).was_killed
        self.template = self.documents.name
        self.reset()

    def perform(self, scenario, *arguments, kill_after=None, timeout=None):
        """Run a scenario in a child process, and kill it ``timeout`` seconds after the event ``kill_after``."""
        receiver, sender = FORK_SERVER.Pipe(duplex=False)
        arguments = [sender, self.database, self.documents, scenario, *arguments]
        process = FORK_SERVER.Process(target=scenarios.perform, args=arguments)
        process.start()
        sender.close()
        received = {}
        for event in iter_events(receiver):
            received[event] = time.monotonic()
            if event == kill_after:
                break
        process.join(timeout)
        ended = time.monotonic()
        process.kill()
        process.join()
        assert process.exitcode in (0, KILLED)
        seconds_after = {event: ended - moment for event, moment in received.items()}
        has_written = scenarios.WRITING in {*received, *iter_events(receiver)}
        return Run(seconds_after, process.exitcode == KILLED, has_written)

    def runs(self, scenario, *arguments):
        """Yield an uninterrupted run, then killed ones, alternating between moments after each of the events."""
        complete = self.perform(scenario, *arguments)
        yield complete
        for fraction, event in zip(kill_moments(), cycle(complete.seconds_after), strict=False):
            timeout = fraction * complete.seconds_after[event]
            run = self.perform(scenario, *arguments, kill_after=event, timeout=timeout)
            complete.seconds_after.update({} if run.was_killed else run.seconds_after)
            yield run

    def state(self):
        """Return the numbers of rows per table, of agreements per status and of documents with an intact file."""
        with closing(self.connect()) as database:
            counts = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
            by_status = database.execute("SELECT status, count(*) FROM partners_agreement GROUP BY status").fetchall()
            documents = database.execute(SELECT_DOCUMENTS).fetchall()
        return counts | dict(by_status) | {"intact": sum(self.is_intact(*document) for document in documents)}

    def is_intact(self, name, checksum):
        file = self.documents / name
        return file.exists() and sha256(file.read_bytes()).hexdigest() == checksum

    def connect(self):
        """Connect once the server has closed the connections of killed processes."""
        if connection.vendor == "sqlite":
            return sqlite3.connect(self.database)
        database = psycopg.connect(self.database_url, autocommit=True)
        wait_until(lambda: database.execute(COUNT_OTHER_CONNECTIONS).fetchone() == (0,))
        return database

    @property
    def database(self):
        return dj_database_url.parse(self.database_url)["NAME"]


def iter_events(receiver):
    with suppress(EOFError):
        while True:
            yield receiver.recv()
