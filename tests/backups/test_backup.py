"""Backups taken from one site and restored in another, each in processes of its own."""

import json
import os
import zipfile
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import OFFICES_LIST

EARLIER = Path(__file__).with_name("earlier.zip")
"""Taken when 0004 was the newest migration. The office's list had been imported, by ``bootstrap``."""
KINDS = ["sqlite"] if connection.vendor == "sqlite" else ["sqlite", "postgresql"]
PAIRS = [(a, b) for a in KINDS for b in KINDS]
ROWS = 1_000


@pytest.fixture
def long_lists(tmp_path):
    """Three lists of universities that the register has not."""
    files = [tmp_path / f"{number}.tsv" for number in range(3)]
    for file in files:
        rows = [f"Germany\tUniversity {file.stem} of Town {number}\tBilateral" for number in range(ROWS)]
        file.write_text("\n".join(["Country\tUniversity name\tAgreement type", *rows]))
    return files


def rows(backup, model):
    with zipfile.ZipFile(backup) as zipped:
        return zipped.read(f"rows/partners.{model}.jsonl").count(b"\n") - 1


@pytest.mark.parametrize(("kind", "other"), PAIRS)
def test_backup_brings_every_row_into_an_empty_database(filled, new_site, tmp_path, kind, other):
    site, empty = filled(kind), new_site(other)

    told = site.run("backup", tmp_path / "backup.zip")
    restored = empty.run("restore", tmp_path / "backup.zip")

    assert told[0].startswith(f"Backed up to {tmp_path}/backup.zip, 0.0 MB.")
    assert restored == ("Restored 108 universities with 128 agreements.", "")
    assert json.loads(empty.everything()) == json.loads(site.everything())


ADD_DOCUMENT = """
from django.core.files.uploadedfile import SimpleUploadedFile
from partners.models import Agreement, Document
agreement = Agreement.objects.first()
Document.of(SimpleUploadedFile("signed.pdf", b"%PDF-1.7 signed %%EOF"), agreement=agreement).save()
"""


@pytest.fixture
def with_document(filled):
    site = filled()
    assert site.run("shell", "--verbosity", "0", "--command", ADD_DOCUMENT) == ("", "")
    return site


def test_documents_come_back_under_their_names(with_document, new_site, tmp_path):
    restored = new_site()

    with_document.run("backup", tmp_path / "backup.zip")
    told = restored.run("restore", tmp_path / "backup.zip")

    assert told == ("Restored 108 universities with 128 agreements.", "")
    [original], [copy] = with_document.documents.iterdir(), restored.documents.iterdir()
    assert (copy.name, copy.read_bytes()) == (original.name, b"%PDF-1.7 signed %%EOF")
    assert json.loads(restored.everything()) == json.loads(with_document.everything())


def test_missing_document_is_told_and_no_backup_made(with_document, tmp_path):
    [document] = with_document.documents.iterdir()
    document.unlink()

    told = with_document.run("backup", tmp_path / "backup.zip")

    assert told[1].splitlines()[-1].startswith(f"CommandError: The document {document.name} is not where it should be.")
    assert not (tmp_path / "backup.zip").exists()


def test_restored_register_goes_on_where_it_was(filled, new_site, tmp_path, long_lists):
    site, restored = filled(), new_site()
    site.run("backup", tmp_path / "backup.zip")
    restored.run("restore", tmp_path / "backup.zip")

    told = [each.run("import_partners", long_lists[0]) for each in (site, restored)]

    assert told == [("1000 new, 0 changed, 0 unchanged, 0 errors", "")] * 2


def test_backup_of_an_earlier_version_is_brought_up_to_date(new_site):
    site = new_site()

    assert site.run("restore", EARLIER) == ("Restored 108 universities with 128 agreements.", "")
    assert site.run("migrate", "--check") == ("", "")
    assert site.run("import_partners", OFFICES_LIST) == ("0 new, 0 changed, 108 unchanged, 0 errors", "")


def test_backup_of_a_newer_version_is_refused(new_site, tmp_path):
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(EARLIER) as earlier, zipfile.ZipFile(newer, "w") as changed:
        for name in earlier.namelist():
            content = earlier.read(name)
            if name == "manifest.json":
                manifest = json.loads(content)
                manifest["migrations"].append(["partners", "9999_of_the_future"])
                content = json.dumps(manifest)
            changed.writestr(name, content)

    told = new_site().run("restore", newer)

    message = "The backup is of a newer version, which has partners.9999_of_the_future. Upgrade first, then restore."
    assert told == ("", f"CommandError: {message}")


def test_filled_database_is_left_as_it_is(filled, tmp_path):
    site = filled()
    before = site.everything()

    told = site.run("restore", EARLIER)

    assert told[1].startswith("CommandError: The database is not empty: it has 108 universities.")
    assert site.everything() == before


def test_backup_while_others_write_has_one_moment_and_keeps_nobody_waiting(filled, new_site, tmp_path, long_lists):
    site, restored = filled(), new_site()
    sizes, told = [], []
    for file in long_lists:
        writer = site.start("import_partners", file)
        while writer.poll() is None:
            backup = tmp_path / f"{len(sizes)}.zip"
            assert site.run("backup", backup)[1] == ""
            sizes.append([rows(backup, model) for model in ("university", "agreement", "importrun")])
        told.append(writer.communicate())

    assert told == [("1000 new, 0 changed, 0 unchanged, 0 errors\n", "")] * 3
    whole = [[108 + ROWS * done, 128 + ROWS * done, 1 + done] for done in range(4)]
    assert [size for size in sizes if size not in whole] == []
    restored.run("restore", tmp_path / f"{len(sizes) - 1}.zip")
    assert restored.run("migrate", "--check") == ("", "")


def test_folder_keeps_the_newest_backups(filled, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    old = [folder / f"partners-2026-01-0{day}-120000.zip" for day in range(1, 5)]
    left, pending = folder / ".partners-2026-01-01-120000.zip.part", folder / ".partners-2026-01-02-120000.zip.part"
    for file in [*old, folder / "other.zip", left, pending]:
        file.touch()
    os.utime(left, (0, 0))

    told = filled().run("backup", folder, "--keep", "3")

    new = told[0].removeprefix("Backed up to ").partition(",")[0]
    assert sorted(map(str, folder.iterdir())) == sorted(map(str, [folder / "other.zip", *old[2:], new, pending]))


def test_number_to_keep_needs_a_folder(filled, tmp_path):
    told = filled().run("backup", tmp_path / "backup.zip", "--keep", "3")

    assert told == ("", "CommandError: --keep needs a folder, and a number from 1 on.")
