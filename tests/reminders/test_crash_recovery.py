"""Runs of send_reminders in subprocesses: two at once, and one that is killed while it talks to the mail server."""

from shutil import copy
from urllib.parse import quote

import pytest
from django.db import connection

from tests.helpers.mailserver import mail_server
from tests.helpers.reminders import add_agreements_ending_today, expire_claims
from tests.helpers.sites import Site

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("reference_data")]

PEOPLE = ["ann@example.edu", "ben@example.edu", "cem@example.edu"]


def database_url(tmp_path):
    if connection.vendor == "sqlite":
        return f"sqlite:///{tmp_path}/db.sqlite3"
    server = connection.settings_dict
    return f"postgres://{server['USER']}:{quote(server['PASSWORD'])}@{server['HOST']}:{server['PORT']}/{server['NAME']}"


@pytest.fixture
def inbox():
    with mail_server() as (inbox, port):
        inbox.port = port
        yield inbox


@pytest.fixture
def site(migrated_file, tmp_path, inbox, documents):
    """A site in which three users have an agreement that ends today."""
    if connection.vendor == "sqlite":
        copy(migrated_file, tmp_path)
    site = Site(database_url(tmp_path), documents)
    site.environment |= {
        "DJANGO_SETTINGS_MODULE": "exchange.settings",
        "DATABASE_URL": database_url(tmp_path),
        "EMAIL_URL": f"smtp://127.0.0.1:{inbox.port}",
    }
    site.call(add_agreements_ending_today)
    return site


def run(site):
    output, errors = site.run("send_reminders")
    assert errors == ""
    return output.splitlines()


def run_and_kill(site, inbox, event, address):
    """Kill the command when the mail server handles this event of the mail to this address."""
    process = None

    def kill(recipient):
        if recipient == address and process.poll() is None:
            process.kill()
            process.wait()

    setattr(inbox, event, kill)
    process = site.start("send_reminders")
    process.communicate()
    return process.returncode


def test_run_killed_before_a_mail_is_accepted_sends_each_mail_once_in_the_end(site, inbox):
    assert run_and_kill(site, inbox, "on_mail", "ben@example.edu") == -9
    assert inbox.recipients == ["ann@example.edu"]

    output = run(site)
    site.call(expire_claims)

    assert output == [
        "Reminders that another run is sending: 1. If it died, run this again in ten minutes.",
        "Mails sent: 1",
    ]
    assert inbox.recipients == ["ann@example.edu", "cem@example.edu"]
    assert run(site) == ["Mails sent: 1"]
    assert run(site) == ["Mails sent: 0"]
    assert sorted(inbox.recipients) == PEOPLE


def test_mail_accepted_as_the_run_died_is_repeated_with_the_same_message_id(site, inbox):
    assert run_and_kill(site, inbox, "on_data", "ben@example.edu") == -9
    site.call(expire_claims)

    assert run(site) == ["Mails sent: 2"]
    assert run(site) == ["Mails sent: 0"]
    assert sorted({mail["Message-ID"]: mail["To"] for mail in inbox.mails}.values()) == PEOPLE


def test_two_concurrent_runs_send_each_mail_once(site, inbox):
    both = [site.start("send_reminders") for _ in range(2)]

    outputs, errors = zip(*[process.communicate() for process in both], strict=True)

    assert sum(int(output.splitlines()[-1].removeprefix("Mails sent: ")) for output in outputs) == 3
    assert (errors, [process.returncode for process in both]) == (("", ""), [0, 0])
    assert sorted(inbox.recipients) == PEOPLE
