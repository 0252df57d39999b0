"""Two coordinators in separate processes sign the same agreement at once."""

import pytest

from tests.helpers import signer

pytestmark = pytest.mark.slow


def counts(site):
    """Return the numbers of agreements in process, of documents and of signatures in history."""
    return [int(count) for count in site.call(signer.report_counts)[0].split()]


@pytest.fixture
def start_signer():
    """Return a function that starts a coordinator's process; kill those that still run afterwards."""
    processes = []

    def start(site):
        process = site.start_call(signer.sign_on_signal)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_two_concurrent_submissions_sign_once(filled, start_signer):
    site = filled()
    signers = [start_signer(site) for _ in range(2)]
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
