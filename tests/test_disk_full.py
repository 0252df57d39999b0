"""No room left: for what is uploaded, for where documents are kept, for a backup, for the database."""

import os
import resource
from contextlib import contextmanager
from io import BytesIO, StringIO

import pytest
from botocore.config import Config
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from storages.backends.s3 import S3Storage

from partners.backups.archive import BackupError
from partners.backups.restore import restore_document
from partners.enums import AgreementStatus
from partners.models import Agreement, Document, ImportRun
from tests.factories import AgreementFactory, DocumentFactory
from tests.files import PDF, upload
from tests.html import errors, messages, pieces, text

IMPORT = "/admin/partners/university/import/"
ROOM = 1_000_000
IN_MEMORY, ON_DISK = 2_000_000, 3_000_000
"""Sizes of uploads that Django takes in as bytes, and as a temporary file."""
NOT_IMPORTED = (
    "The server could not keep the file (%s). Nothing is imported. "
    "Tell whoever looks after the server, and choose the file again after that."
)
NO_ROOM = """
    CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER no_room BEFORE INSERT ON partners_importrun EXECUTE FUNCTION no_room();
    CREATE TRIGGER no_room BEFORE UPDATE ON partners_agreement EXECUTE FUNCTION no_room()
"""
MOST_PAGES = 2**30


@pytest.fixture(autouse=True)
def temporary(tmp_path, settings):
    """The folder of files on their way, which has to be empty afterwards."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    yield
    assert list(folder.iterdir()) == []


@contextmanager
def little_room():
    """The system refuses what would make a file larger, in the middle of it, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def full_database():
    """SQLite takes no more pages, and a server answers as it does when its disk is full."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(NO_ROOM)
            yield
        else:
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
            try:
                yield
            finally:
                cursor.execute(f"PRAGMA max_page_count = {MOST_PAGES}")


def scan(name, size):
    return upload(name, PDF + b" " * size)


@pytest.fixture
def deal(db):
    return AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS)


def sign(browser, deal, *files):
    typed = {"signed_on": "2026-05-01", "version": deal.history.latest().pk, "documents": files}
    address = reverse("admin:partners_agreement_sign", query={"id": deal.pk})
    return browser.post(address, {f"{deal.pk}-{name}": value for name, value in typed.items()}, follow=True)


def add(browser, deal, *files, **values):
    form = {"university": deal.university_id, "agreement_type": deal.agreement_type_id, "status": deal.status}
    form |= {"next_step": "Ask again", "documents-TOTAL_FORMS": 0, "documents-INITIAL_FORMS": 0}
    form |= {"documents-added": files} | values
    return browser.post(f"/admin/partners/agreement/{deal.pk}/change/", form, follow=True)


def import_list(browser, size):
    content = b"Country\tUniversity name\tAgreement type\tNotes\nGermany\tMarburg\tBilateral\t" + b"x" * size
    return browser.post(IMPORT, {"import_file": upload("partners.tsv", content), "format": "0", "resource": ""})


def logged(caplog):
    return [each.getMessage().partition(":")[0] for each in caplog.records if each.levelname == "ERROR"]


@pytest.mark.parametrize("step", [sign, add])
@pytest.mark.parametrize(
    ("size", "line"), [(IN_MEMORY, "A document cannot be kept"), (ON_DISK, "An upload cannot be taken in")]
)
def test_document_without_room_is_told_at_its_field_and_nothing_is_saved(
    office, deal, documents, caplog, step, size, line
):
    files = scan("small.pdf", 0), scan("large.pdf", size)
    with little_room():
        page = step(office, deal, *files)

    told = "The server could not keep “large.pdf” (File too large). Nothing is saved."
    assert f"{told} Tell whoever looks after the server, and choose it again after that." in text(page)
    assert "Nothing is saved yet, and the browser has forgotten “small.pdf”. Choose again." in text(page)
    assert (Document.objects.count(), Agreement.history.count()) == (0, 1)
    assert not documents.exists() or list(documents.iterdir()) == []
    assert logged(caplog) == [line]


def test_document_is_kept_once_there_is_room(office, deal, documents):
    with little_room():
        sign(office, deal, scan("large.pdf", ON_DISK))

    page = sign(office, deal, scan("large.pdf", ON_DISK))

    assert messages(page) == ["Marked as signed: Marburg: Bilateral (signed)"]
    assert [file.stat().st_size for file in documents.iterdir()] == [Document.objects.get().size]


def test_document_whose_bucket_cannot_be_reached_is_told_at_its_field(office, deal, monkeypatch, caplog):
    there = {"bucket_name": "documents", "endpoint_url": "http://127.0.0.1:9", "access_key": "a", "secret_key": "b"}
    bucket = S3Storage(**there, client_config=Config(retries={"max_attempts": 0}))
    monkeypatch.setattr(Document._meta.get_field("file"), "storage", bucket)

    page = sign(office, deal, scan("scan.pdf", 0))

    assert "The server could not keep “scan.pdf” (EndpointConnectionError). Nothing is saved." in text(page)
    assert (Document.objects.count(), logged(caplog)) == (0, ["A document cannot be kept"])


def test_list_without_room_is_told_at_its_field(office, caplog):
    with little_room():
        page = import_list(office, ON_DISK)

    assert errors(page) == {"import_file": NOT_IMPORTED % "File too large"}
    assert ImportRun.objects.count() == 0
    assert logged(caplog) == ["An upload cannot be taken in"]
    assert "New 1 Changed 0 Unchanged 0 Errors 0" in text(import_list(office, ON_DISK))


def test_list_for_which_the_database_has_no_room_is_told_at_its_field(office, caplog):
    with full_database():
        page = import_list(office, IN_MEMORY)

    assert errors(page) == {"import_file": NOT_IMPORTED % "the disk of its database is full"}
    assert ImportRun.objects.count() == 0
    assert logged(caplog) == ["An upload cannot be kept"]


def test_whatever_else_the_database_has_no_room_for_is_told_on_a_page(office, deal):
    office.raise_request_exception = False
    with full_database():
        page = add(office, deal, notes="x" * IN_MEMORY)

    assert (page.status_code, pieces(page, "h1")) == (507, ["Nothing was saved"])
    assert "The disk of the database is full. What was there before is as it was." in text(page)


def test_restored_document_without_room_is_told(documents):
    with little_room(), pytest.raises(BackupError, match=r"^The document scan cannot be kept: File too large\.$"):
        restore_document(storages["documents"], "scan", BytesIO(b" " * IN_MEMORY))

    assert list(documents.iterdir()) == []


@pytest.mark.usefixtures("reference_data")
def test_backup_without_room_leaves_the_one_before_and_says_so(tmp_path, caplog):
    backup = tmp_path / "backups" / "backup.zip"
    backup.parent.mkdir()
    call_command("backup", backup, stdout=StringIO())
    before = backup.read_bytes()
    DocumentFactory(content=PDF + os.urandom(IN_MEMORY))

    with little_room(), pytest.raises(CommandError, match=rf"^{backup} cannot be written: File too large\.$"):
        call_command("backup", backup)

    assert [(file, file.read_bytes()) for file in backup.parent.iterdir()] == [(backup, before)]
    assert logged(caplog) == ["No backup was made"]
