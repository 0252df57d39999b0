"""Backups of one site restored in another, with commands in subprocesses."""

import json
import os
import zipfile
from pathlib import Path

import pytest
from django.db import connection

from tests.helpers.backups import (
    add_document,
    add_mobility,
    add_renewed_agreement,
    duplicate_agreement,
    link_university,
    read_members,
    report_periods_apart,
    report_searches,
    write_backup,
)
from tests.helpers.paths import OFFICE_LIST_PATH
from tests.helpers.sites import Databases, Site, execute_on_server

pytestmark = pytest.mark.slow

# Taken at the initial migrations, with the commands migrate, bootstrap (of the office's list) and backup. To be
# taken anew only when an initial migration is edited, which ends with the first release.
EARLIER = Path(__file__).with_name("earlier.zip")
VENDOR_PAIRS = {  # On PostgreSQL without the pair that the tests on SQLite have.
    "sqlite": [("sqlite", "sqlite")],
    "postgresql": [("sqlite", "postgresql"), ("postgresql", "sqlite"), ("postgresql", "postgresql")],
}[connection.vendor]
ROW_COUNT = 1_000


@pytest.fixture
def long_lists(tmp_path):
    """Three lists of universities that are not in the register."""
    files = [tmp_path / f"{number}.tsv" for number in range(3)]
    for file in files:
        rows = [f"Germany\tUniversity {file.stem} of Town {number}\tBilateral" for number in range(ROW_COUNT)]
        file.write_text("\n".join(["Country\tUniversity name\tAgreement type", *rows]))
    return files


def count_rows(backup, model):
    with zipfile.ZipFile(backup) as zipped:
        return zipped.read(f"rows/partners.{model}.jsonl").count(b"\n") - 1


@pytest.mark.parametrize(("source", "target"), VENDOR_PAIRS)
def test_restore_brings_every_row_into_an_empty_database(filled, new_site, tmp_path, source, target):
    site, empty = filled(source), new_site(target)
    site.call(add_mobility)
    site.call(link_university)

    backed_up = site.run("backup", tmp_path / "backup.zip")
    restored = empty.run("restore", tmp_path / "backup.zip")

    assert [count_rows(tmp_path / "backup.zip", model) for model in ("mobility", "historicalmobility")] == [1, 2]
    assert backed_up[0].startswith(f"Backed up to {tmp_path}/backup.zip, 0.0 MB.")
    assert restored == ("Restored 108 universities with 128 agreements.", "")
    assert json.loads(empty.dump()) == json.loads(site.dump())
    assert empty.call(report_searches) == ("Technical University of Munich https://ror.org/02kkvpp62", "")


@pytest.fixture
def limited_site(tmp_path):
    """A site whose PostgreSQL user may create tables, and nothing else."""
    databases = Databases(tmp_path)
    name, url = databases.create("postgresql")
    execute_on_server(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
    execute_on_server(f"GRANT CREATE ON SCHEMA public TO {name}", name)
    yield Site(f"postgres://{name}:secret@{url.partition('@')[2]}", tmp_path / "documents")
    databases.drop()
    execute_on_server(f"DROP ROLE {name}")


@pytest.mark.postgresql
def test_restore_needs_the_right_to_create_the_extension_or_the_extension(filled, limited_site, tmp_path):
    filled().run("backup", tmp_path / "backup.zip")

    refused = limited_site.run("restore", tmp_path / "backup.zip")
    execute_on_server("CREATE EXTENSION btree_gist", limited_site.environment["TEST_DATABASE_URL"].rpartition("/")[2])
    restored = limited_site.run("restore", tmp_path / "backup.zip")

    assert refused == (
        "",
        'CommandError: The database cannot take the backup: permission denied to create extension "btree_gist" '
        "HINT: Must have CREATE privilege on current database to create this extension.",
    )
    assert restored == ("Restored 108 universities with 128 agreements.", "")


@pytest.mark.parametrize(("source", "target"), VENDOR_PAIRS)
def test_restore_brings_renewals_and_the_constraint_on_periods(filled, new_site, tmp_path, source, target):
    site, restored = filled(source), new_site(target)
    assert site.call(add_renewed_agreement) == ("", "")

    site.run("backup", tmp_path / "backup.zip")
    output = restored.run("restore", tmp_path / "backup.zip")

    assert output == ("Restored 108 universities with 129 agreements.", "")
    assert json.loads(restored.dump()) == json.loads(site.dump())
    assert restored.call(report_periods_apart) == (
        "Somebody changed an agreement of the same type and scope at the same moment, "
        "and both would be signed for the same days.",
        "",
    )


def test_backup_of_signed_agreements_that_overlap_is_rejected(filled, new_site, tmp_path):
    site, restored = filled(), new_site()
    site.run("backup", tmp_path / "backup.zip")
    write_backup(tmp_path / "overlap.zip", duplicate_agreement(read_members(tmp_path / "backup.zip")))

    output, error = restored.run("restore", tmp_path / "overlap.zip")

    assert output == ""
    assert error.startswith(f"CommandError: {tmp_path}/overlap.zip is damaged, or is not a backup: ")
    assert "agreement" in error
    assert restored.run("restore", tmp_path / "backup.zip")[0] == "Restored 108 universities with 128 agreements."


@pytest.fixture
def with_document(filled):
    site = filled()
    assert site.call(add_document) == ("", "")
    return site


def test_documents_are_restored_under_their_names(with_document, new_site, tmp_path):
    restored = new_site()

    with_document.run("backup", tmp_path / "backup.zip")
    output = restored.run("restore", tmp_path / "backup.zip")

    assert output == ("Restored 108 universities with 128 agreements.", "")
    [original], [copy] = with_document.documents.iterdir(), restored.documents.iterdir()
    assert (copy.name, copy.read_bytes()) == (original.name, b"%PDF-1.7 signed %%EOF")
    assert json.loads(restored.dump()) == json.loads(with_document.dump())


def test_missing_document_is_reported_and_no_backup_made(with_document, tmp_path):
    [document] = with_document.documents.iterdir()
    document.unlink()

    output = with_document.run("backup", tmp_path / "backup.zip")

    assert (
        output[1].splitlines()[-1].startswith(f"CommandError: The document {document.name} is not where it should be.")
    )
    assert not (tmp_path / "backup.zip").exists()


def test_restored_site_imports_as_the_original_does(filled, new_site, tmp_path, long_lists):
    site, restored = filled(), new_site()
    site.run("backup", tmp_path / "backup.zip")
    restored.run("restore", tmp_path / "backup.zip")

    outputs = [instance.run("import_partners", long_lists[0]) for instance in (site, restored)]

    assert outputs == [("1000 new, 0 changed, 0 unchanged, 0 errors", "")] * 2


def test_backup_of_an_earlier_version_is_migrated(new_site):
    site = new_site()

    assert site.run("restore", EARLIER) == ("Restored 108 universities with 128 agreements.", "")
    assert site.run("migrate", "--check") == ("", "")
    assert site.run("import_partners", OFFICE_LIST_PATH) == ("0 new, 0 changed, 108 unchanged, 0 errors", "")


def test_backup_of_a_newer_version_is_rejected(new_site, tmp_path):
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(EARLIER) as earlier, zipfile.ZipFile(newer, "w") as changed:
        for name in earlier.namelist():
            content = earlier.read(name)
            if name == "manifest.json":
                manifest = json.loads(content)
                manifest["migrations"].append(["partners", "9999_of_the_future"])
                content = json.dumps(manifest)
            changed.writestr(name, content)

    output = new_site().run("restore", newer)

    message = "The backup is of a newer version, which has partners.9999_of_the_future. Upgrade first, then restore."
    assert output == ("", f"CommandError: {message}")


def test_restore_leaves_a_filled_database_unchanged(filled, tmp_path):
    site = filled()
    before = site.dump()

    output = site.run("restore", EARLIER)

    assert output[1].startswith("CommandError: The database is not empty: it has 108 universities.")
    assert site.dump() == before


def test_backup_during_imports_is_a_consistent_snapshot_and_does_not_block_them(filled, new_site, tmp_path, long_lists):
    site, restored = filled(), new_site()
    sizes, outputs = [], []
    for file in long_lists:
        writer = site.start("import_partners", file, "--new")
        while writer.poll() is None:
            backup = tmp_path / f"{len(sizes)}.zip"
            assert site.run("backup", backup)[1] == ""
            sizes.append([count_rows(backup, model) for model in ("university", "agreement", "run")])
        output, errors = writer.communicate()
        outputs.append((output.splitlines()[-1], errors))

    assert outputs == [("1000 new, 0 changed, 0 unchanged, 0 errors", "")] * 3
    consistent = [[108 + ROW_COUNT * done, 128 + ROW_COUNT * done, 1 + done] for done in range(4)]
    assert [size for size in sizes if size not in consistent] == []
    restored.run("restore", tmp_path / f"{len(sizes) - 1}.zip")
    assert restored.run("migrate", "--check") == ("", "")


def test_keep_leaves_the_newest_backups(filled, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    old = [folder / f"partners-2026-01-0{day}-120000.zip" for day in range(1, 5)]
    stale, pending = folder / ".partners-2026-01-01-120000.zip.part", folder / ".partners-2026-01-02-120000.zip.part"
    for file in [*old, folder / "other.zip", stale, pending]:
        file.touch()
    os.utime(stale, (0, 0))

    output = filled().run("backup", folder, "--keep", "3")

    new = output[0].removeprefix("Backed up to ").partition(",")[0]
    assert sorted(map(str, folder.iterdir())) == sorted(map(str, [folder / "other.zip", *old[2:], new, pending]))


def test_keep_needs_a_folder(filled, tmp_path):
    output = filled().run("backup", tmp_path / "backup.zip", "--keep", "3")

    assert output == ("", "CommandError: --keep needs a folder, and a number from 1 on.")
