"""An import, an undo, a signing of many and a backup, each killed at fifty moments."""

import pytest
from django.db import connection

from partners.backups import archive
from tests.crash_recovery import scenarios
from tests.crash_recovery.harness import Scene


@pytest.fixture
def scene(new_site, templates):
    """A site with the office's list."""
    return Scene(new_site, templates(connection.vendor))


@pytest.fixture
def long_list(tmp_path):
    """Makes a list of as many universities, which the register has not."""

    def make(number):
        file = tmp_path / "long.tsv"
        rows = [f"Germany\tUniversity of Town {place}\tBilateral" for place in range(number)]
        file.write_text("\n".join(["Country\tUniversity name\tAgreement type", *rows]))
        return file

    return make


def hold_all_or_nothing(scene, work, *arguments):
    """Each run begins with what those before have left, but for what they have done. The last has all of its time."""
    before, runs = scene.found(), scene.runs(work, *arguments)
    next(runs)
    done = scene.found()
    scene.put_back()
    half_done, cut_short = [], 0
    for run in runs:
        found = scene.found()
        half_done += [(run, found)] * (found not in (before, done))
        cut_short += run.has_written and found == before
        if found != before:
            scene.put_back()
    scene.perform(work, *arguments)

    assert half_done == []
    assert cut_short > 0
    assert scene.found() == done != before


def test_killed_import_leaves_all_or_nothing(scene, long_list):
    hold_all_or_nothing(scene, scenarios.importing, long_list(600))


def test_killed_undo_leaves_all_or_nothing(scene, long_list):
    scene.prepare(scenarios.importing, long_list(100))

    hold_all_or_nothing(scene, scenarios.undoing)


def test_killed_signing_of_many_leaves_all_or_nothing_and_files_that_are_tidied_away(scene):
    scene.prepare(scenarios.opening)

    hold_all_or_nothing(scene, scenarios.signing)

    assert scene.found()["whole"] == scenarios.DEALS < len(list(scene.documents.iterdir()))
    scene.perform(scenarios.cleaning)
    assert scene.found()["whole"] == scenarios.DEALS == len(list(scene.documents.iterdir()))


def test_killed_backup_leaves_the_one_before_or_a_whole_one_and_nothing_that_could_be_restored_by_half(scene, tmp_path):
    backup, unfinished = tmp_path / "backup.zip", tmp_path / ".backup.zip.part"
    for work in (scenarios.opening, scenarios.signing):
        scene.perform(work)
    left = set()
    for _run in scene.runs(scenarios.backing_up, backup):
        assert restorable(backup) == scenarios.DEALS
        left.add(restorable(unfinished))
    scene.perform(scenarios.backing_up, backup)

    assert left - {scenarios.DEALS, f"{unfinished} is not there."} == {
        f"{unfinished} is damaged, or is not a backup: File is not a zip file. Take another one."
    }
    assert restorable(backup) == scenarios.DEALS
    assert not unfinished.exists()


def restorable(backup):
    """How many documents a restore finds, or why it finds none."""
    try:
        with archive.open_for_reading(backup) as whole:
            return len(whole.members("documents/partners.document.file"))
    except archive.BackupError as error:
        return str(error)
