"""Runs of send_reminders in subprocesses: two at once, and one that is killed while it talks to the mail server."""

import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from tests.helpers.mailserver import mail_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("reference_data")]

PEOPLE = ["ann@example.edu", "ben@example.edu", "cem@example.edu"]
SETUP = """
from django.contrib.auth.models import User
from django.utils.timezone import localdate
from tests.helpers.factories import AgreementFactory
for name in ("ann", "ben", "cem"):
    user = User.objects.create_user(name, f"{name}@example.edu", is_staff=True)
    AgreementFactory(university__name=name, valid_until=localdate(), responsible=user)
"""
EXPIRE_CLAIMS = """
from datetime import timedelta
from django.db.models import F
from partners.models import Reminder
Reminder.objects.filter(sent_at=None).update(claimed_at=F("claimed_at") - timedelta(minutes=11))
"""


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
def manage(tmp_path, inbox):
    """Return a function that starts a command of a site in which three users have an agreement that ends today."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "exchange.settings",
        "DATABASE_URL": database_url(tmp_path),
        "EMAIL_URL": f"smtp://127.0.0.1:{inbox.port}",
    }

    def start(*arguments):
        command = [sys.executable, "manage.py", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, **pipes)

    start("migrate", "--verbosity", "0").communicate()
    start("shell", "--no-imports", "--command", SETUP).communicate()
    return start


def run(manage):
    return manage("send_reminders").communicate()[0].splitlines()


def run_and_kill(manage, inbox, event, address):
    """Kill the command when the mail server handles this event of the mail to this address."""
    process = None

    def kill(recipient):
        if recipient == address and process.poll() is None:
            process.kill()
            process.wait()

    setattr(inbox, event, kill)
    process = manage("send_reminders")
    process.communicate()
    return process.returncode


def test_run_killed_before_a_mail_is_accepted_sends_each_mail_once_in_the_end(manage, inbox):
    assert run_and_kill(manage, inbox, "on_mail", "ben@example.edu") == -9
    assert inbox.recipients == ["ann@example.edu"]

    output = run(manage)
    manage("shell", "--no-imports", "--command", EXPIRE_CLAIMS).communicate()

    assert output == [
        "Reminders that another run is sending: 1. If it died, run this again in ten minutes.",
        "Mails sent: 1",
    ]
    assert inbox.recipients == ["ann@example.edu", "cem@example.edu"]
    assert run(manage) == ["Mails sent: 1"]
    assert run(manage) == ["Mails sent: 0"]
    assert sorted(inbox.recipients) == PEOPLE


def test_mail_accepted_as_the_run_died_is_repeated_with_the_same_message_id(manage, inbox):
    assert run_and_kill(manage, inbox, "on_data", "ben@example.edu") == -9
    manage("shell", "--no-imports", "--command", EXPIRE_CLAIMS).communicate()

    assert run(manage) == ["Mails sent: 2"]
    assert run(manage) == ["Mails sent: 0"]
    assert sorted({mail["Message-ID"]: mail["To"] for mail in inbox.mails}.values()) == PEOPLE


def test_two_concurrent_runs_send_each_mail_once(manage, inbox):
    both = [manage("send_reminders") for _ in range(2)]

    outputs = [process.communicate()[0].splitlines() for process in both]

    assert sum(int(output[-1].removeprefix("Mails sent: ")) for output in outputs) == 3
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(inbox.recipients) == PEOPLE
