"""Two coordinators in separate processes sign the same agreement at once."""

import subprocess
import sys

import pytest

from tests.helpers.paths import ROOT

SIGN = "from tests.helpers.signer import main; main()"
PRINT_COUNTS = """
from partners.models import Agreement, Document

print(Agreement.objects.in_process().count(), Document.objects.count(), end=" ")
print(Agreement.history.filter(history_change_reason="marked as signed").count())
"""


def counts(site):
    """Return the numbers of agreements in process, of documents and of signatures in history."""
    return [int(count) for count in site.run("shell", "--verbosity", "0", "--command", PRINT_COUNTS)[0].split()]


@pytest.fixture
def signer():
    """Return a function that starts a coordinator's process; kill those that still run afterwards."""
    processes = []

    def start(site):
        pipe = subprocess.PIPE
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", SIGN]
        process = subprocess.Popen(command, cwd=ROOT, env=site.environment, stdin=pipe, stdout=pipe, text=True)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_two_concurrent_submissions_sign_once(filled, signer):
    site = filled()
    signers = [signer(site) for _ in range(2)]
    assert [process.stdout.readline() for process in signers] == ["ready\n"] * 2

    for process in signers:
        process.stdin.write("now\n")
        process.stdin.flush()
    results = sorted(process.communicate()[0].partition(" by ")[0].strip() for process in signers)

    assert results == [
        "Marked as signed: Czech Technical University: Erasmus+ (signed)",
        "“Czech Technical University: Erasmus+ (signed)” stays as it is: it was marked as signed",
    ]
    assert counts(site) == [0, 1, 1]
    assert len(list(site.documents.iterdir())) == 1
