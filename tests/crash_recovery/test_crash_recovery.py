"""An import, an undo, a bulk signature and a backup, each killed at thirty moments."""

import pytest
from django.db import connection

from partners.backups import archive
from tests.helpers.crash_recovery import scenarios
from tests.helpers.crash_recovery.harness import CrashHarness

pytestmark = pytest.mark.slow


@pytest.fixture
def harness(new_site, templates):
    """A harness with a site that has the office's list."""
    return CrashHarness(new_site, templates(connection.vendor))


@pytest.fixture
def long_list(tmp_path):
    """Return a function that writes a list of ``count`` universities that are not in the register."""

    def write(count):
        file = tmp_path / "long.tsv"
        rows = [f"Germany\tUniversity of Town {index}\tBilateral" for index in range(count)]
        file.write_text("\n".join(["Country\tUniversity name\tAgreement type", *rows]))
        return file

    return write


def assert_all_or_nothing(harness, scenario, *arguments):
    """Assert that killed runs change all or nothing, and that a run after those without effect still succeeds."""
    before, runs = harness.state(), harness.runs(scenario, *arguments)
    next(runs)
    after = harness.state()
    harness.reset()
    half_done, cut_short = [], 0
    for run in runs:
        state = harness.state()
        half_done += [(run, state)] * (state not in (before, after))
        cut_short += run.has_written and state == before
        if state != before:
            harness.reset()
    harness.perform(scenario, *arguments)

    assert half_done == []
    assert cut_short > 0
    assert harness.state() == after != before


def test_killed_import_leaves_all_or_nothing(harness, long_list):
    assert_all_or_nothing(harness, scenarios.import_list, long_list(600))


def test_killed_undo_leaves_all_or_nothing(harness, long_list):
    harness.prepare(scenarios.import_list, long_list(100))

    assert_all_or_nothing(harness, scenarios.undo_import)


def test_killed_bulk_signature_leaves_all_or_nothing_and_only_files_that_are_cleaned_up(harness):
    harness.prepare(scenarios.leave_few_in_process)

    assert_all_or_nothing(harness, scenarios.sign_agreements)

    assert harness.state()["intact"] == scenarios.IN_PROCESS_COUNT < len(list(harness.documents.iterdir()))
    harness.perform(scenarios.delete_orphaned_documents)
    assert harness.state()["intact"] == scenarios.IN_PROCESS_COUNT == len(list(harness.documents.iterdir()))


def test_killed_backup_leaves_the_previous_or_a_complete_one_and_no_partial_one_that_can_be_restored(harness, tmp_path):
    backup, partial = tmp_path / "backup.zip", tmp_path / ".backup.zip.part"
    for scenario in (scenarios.leave_few_in_process, scenarios.sign_agreements):
        harness.perform(scenario)
    partial_results = set()
    for _run in harness.runs(scenarios.create_backup, backup):
        assert count_documents(backup) == scenarios.IN_PROCESS_COUNT
        partial_results.add(count_documents(partial))
    harness.perform(scenarios.create_backup, backup)

    assert partial_results - {scenarios.IN_PROCESS_COUNT, f"{partial} is not there."} == {
        f"{partial} is damaged, or is not a backup: File is not a zip file. Take another one."
    }
    assert count_documents(backup) == scenarios.IN_PROCESS_COUNT
    assert not partial.exists()


def count_documents(backup):
    """Return the number of documents in a backup, or the error message if it cannot be read."""
    try:
        with archive.open_archive(backup) as reader:
            return len(reader.members("documents/partners.document.file"))
    except archive.BackupError as error:
        return str(error)
