"""Signing in processes of their own, by two people at once."""

import subprocess
import sys

import pytest

from tests.backups.conftest import ROOT

SIGN = "from tests.multi_process.signer import main; main()"
TELL = """
from partners.models import Agreement, Document

print(Agreement.objects.in_process().count(), Document.objects.count(), end=" ")
print(Agreement.history.filter(history_change_reason="marked as signed").count())
"""


def told(site):
    """How many deals are in process, how many documents there are, and how many signatures in the history."""
    return [int(number) for number in site.run("shell", "--verbosity", "0", "--command", TELL)[0].split()]


@pytest.fixture
def signer():
    """Starts coordinators who are about to press, and ends those who still are."""
    started = []

    def start(site):
        pipe = subprocess.PIPE
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", SIGN]
        process = subprocess.Popen(command, cwd=ROOT, env=site.environment, stdin=pipe, stdout=pipe, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_two_people_at_once_sign_once(filled, signer):
    site = filled()
    both = [signer(site) for _ in range(2)]
    assert [process.stdout.readline() for process in both] == ["ready\n"] * 2

    for process in both:
        process.stdin.write("now\n")
        process.stdin.flush()
    answers = sorted(process.communicate()[0].partition(" by ")[0].strip() for process in both)

    assert answers == [
        "Marked as signed: Czech Technical University: Erasmus+ (signed)",
        "“Czech Technical University: Erasmus+ (signed)” stays as it is: it was marked as signed",
    ]
    assert told(site) == [0, 1, 1]
    assert len(list(site.documents.iterdir())) == 1
