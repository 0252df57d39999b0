"""Two coordinators in separate processes sign at once: the same agreement, or two that would overlap."""

import pytest

from tests.helpers import signer

pytestmark = pytest.mark.slow
BEGUN, UPCOMING = 2015, 2090
REFUSALS = {
    BEGUN: "See what becomes of other agreements now, then press once more.",
    UPCOMING: (
        "“Bilateral, from 1 Sep {}, end not recorded” is signed already and begins later. "
        "Choose dates that do not overlap, or end it first."
    ),
}


def counts(site):
    """Return the numbers of agreements in process, of documents and of signatures in history."""
    return [int(count) for count in site.call(signer.report_counts)[0].split()]


@pytest.fixture
def start_signer():
    """Return a function that starts a coordinator's process; kill those that still run afterwards."""
    processes = []

    def start(site, function=signer.sign_on_signal, *arguments):
        process = site.start_call(function, *arguments)
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
        "Marked as signed: Czech Technical University: Erasmus+ (signed). Undo …",
        "“Czech Technical University: Erasmus+ (signed)” stays as it is: it was marked as signed",
    ]
    assert counts(site) == [0, 1, 1]
    assert len(list(site.documents.iterdir())) == 1


def play_round(signers):
    """Let both submit the pages that they have opened, and return what they are told."""
    assert [process.stdout.readline() for process in signers] == ["ready\n"] * 2
    for process in signers:
        process.stdin.write("now\n")
        process.stdin.flush()
    return [process.stdout.readline().strip() for process in signers]


def winner(results):
    """Return the position of the only one who was told of a success."""
    [position] = [n for n, result in enumerate(results) if "Marked as signed" in result or "successfully" in result]
    return position


@pytest.mark.parametrize(
    ("pages", "years"),
    [(("signing", "signing"), [BEGUN, UPCOMING] * 10), (("signing", "agreement"), [UPCOMING] * 20)],
    ids=["on the same page", "on different pages"],
)
def test_concurrent_signings_that_overlap_have_one_winner(filled, start_signer, pages, years):
    site = filled()
    site.call(signer.add_competing_renewals, *years)
    signers = [start_signer(site, signer.sign_competing_renewals, *arguments) for arguments in enumerate(pages)]

    rounds = [play_round(signers) for _ in years]

    winners = [winner(results) for results in rounds]
    starts = [year + position for year, position in zip(years, winners, strict=True)]
    assert site.call(signer.report_periods)[0].splitlines() == [
        f"2005-09-01..{start}-08-31 {start}-09-01.." for start in starts
    ]
    assert [results[1 - position] for results, position in zip(rounds, winners, strict=True)] == [
        REFUSALS[year].format(start) for year, start in zip(years, starts, strict=True)
    ]
