"""Full disks, while receiving uploads, storing documents, writing backups, and in the database."""

import os
import resource
from contextlib import contextmanager
from io import StringIO

import pytest
from botocore.config import Config
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from storages.backends.s3 import S3Storage

from partners.backups.archive import BackupError, open_archive
from partners.backups.restore import restore_documents
from partners.enums import AgreementStatus
from partners.fields import MAX_TEXT_LENGTH
from partners.models import Agreement, Document, Run
from tests.helpers.agreement_page import NO_ROWS
from tests.helpers.factories import AgreementFactory, DocumentFactory
from tests.helpers.files import PDF, upload
from tests.helpers.html import element_texts, errors, messages, text

IMPORT = "/admin/partners/university/import/"
SIZE_LIMIT = 1_000_000
IN_MEMORY_SIZE, TEMPORARY_FILE_SIZE = 2_000_000, 3_000_000
"""Sizes of uploads in bytes below and above FILE_UPLOAD_MAX_MEMORY_SIZE."""
NOT_IMPORTED = (
    "The server could not store the file (%s). Nothing was imported. Tell your IT staff, then choose the file again."
)
SIMULATE_DISK_FULL = """
    CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER disk_full BEFORE INSERT ON partners_run EXECUTE FUNCTION disk_full();
    CREATE TRIGGER disk_full BEFORE UPDATE ON partners_agreement EXECUTE FUNCTION disk_full()
"""
SQLITE_MAX_PAGES = 2**30


@pytest.fixture(autouse=True)
def upload_temp_dir(tmp_path, settings):
    """The folder of temporary uploads, which must be empty after each test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    yield
    assert list(folder.iterdir()) == []


@contextmanager
def file_size_limit():
    """Make writes beyond SIZE_LIMIT bytes of a file fail, like a disk that becomes full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE_LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def full_database():
    """Limit SQLite to its current size, or let PostgreSQL raise the error of a full disk."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(SIMULATE_DISK_FULL)
            yield
        else:
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
            try:
                yield
            finally:
                cursor.execute(f"PRAGMA max_page_count = {SQLITE_MAX_PAGES}")


def pdf(name, size):
    return upload(name, PDF + b" " * size)


@pytest.fixture
def agreement(db):
    return AgreementFactory(university__name="Marburg", status=AgreementStatus.IN_PROCESS)


def sign(client, agreement, *files):
    values = {"signed_on": "2026-05-01", "version": agreement.history.latest().pk, "documents": files}
    url = reverse("admin:partners_agreement_sign", query={"id": agreement.pk})
    return client.post(url, {f"{agreement.pk}-{name}": value for name, value in values.items()}, follow=True)


def edit(client, agreement, *files, **values):
    data = {
        "university": agreement.university_id,
        "agreement_type": agreement.agreement_type_id,
        "status": agreement.status,
    }
    data |= NO_ROWS | {"next_step": "Ask again", "documents-added": files} | values
    return client.post(f"/admin/partners/agreement/{agreement.pk}/change/", data, follow=True)


def import_list(client, size):
    content = b"Country\tUniversity name\tAgreement type\tNotes\nGermany\tMarburg\tBilateral\t" + b"x" * size
    return client.post(IMPORT, {"import_file": upload("partners.tsv", content), "format": "0", "resource": ""})


def logged_errors(caplog):
    return [record.getMessage().partition(":")[0] for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("save", [sign, edit])
@pytest.mark.parametrize(
    ("size", "log_message"),
    [(IN_MEMORY_SIZE, "A document cannot be stored"), (TEMPORARY_FILE_SIZE, "An upload cannot be received")],
)
def test_document_that_cannot_be_stored_is_a_field_error_and_nothing_is_saved(
    coordinator_client, agreement, documents, caplog, save, size, log_message
):
    files = pdf("small.pdf", 0), pdf("large.pdf", size)
    with file_size_limit():
        page = save(coordinator_client, agreement, *files)

    error = "The server could not keep “large.pdf” (File too large). Nothing is saved."
    assert f"{error} Tell whoever looks after the server, and choose it again after that." in text(page)
    assert "Nothing is saved yet, and the browser has forgotten “small.pdf”. Choose again." in text(page)
    assert (Document.objects.count(), Agreement.history.count()) == (0, 1)
    assert not documents.exists() or list(documents.iterdir()) == []
    assert logged_errors(caplog) == [log_message]


def test_document_is_stored_once_there_is_space_again(coordinator_client, agreement, documents):
    with file_size_limit():
        sign(coordinator_client, agreement, pdf("large.pdf", TEMPORARY_FILE_SIZE))

    page = sign(coordinator_client, agreement, pdf("large.pdf", TEMPORARY_FILE_SIZE))

    assert messages(page) == ["Marked as signed: Marburg: Bilateral (signed). Undo …"]
    assert [file.stat().st_size for file in documents.iterdir()] == [Document.objects.get().size]


def test_unreachable_bucket_is_a_field_error(coordinator_client, agreement, monkeypatch, caplog):
    options = {"bucket_name": "documents", "endpoint_url": "http://127.0.0.1:9", "access_key": "a", "secret_key": "b"}
    bucket = S3Storage(**options, client_config=Config(retries={"max_attempts": 0}))
    monkeypatch.setattr(Document._meta.get_field("file"), "storage", bucket)

    page = sign(coordinator_client, agreement, pdf("scan.pdf", 0))

    assert "The server could not keep “scan.pdf” (EndpointConnectionError). Nothing is saved." in text(page)
    assert (Document.objects.count(), logged_errors(caplog)) == (0, ["A document cannot be stored"])


def test_import_file_that_cannot_be_received_is_a_field_error(coordinator_client, caplog):
    with file_size_limit():
        page = import_list(coordinator_client, TEMPORARY_FILE_SIZE)

    assert errors(page) == {"import_file": NOT_IMPORTED % "File too large"}
    assert Run.objects.count() == 0
    assert logged_errors(caplog) == ["An upload cannot be received"]
    assert "New 1 Changed 0 Unchanged 0 Errors 0" in text(import_list(coordinator_client, TEMPORARY_FILE_SIZE))


def test_import_file_that_the_database_cannot_store_is_a_field_error(coordinator_client, caplog):
    with full_database():
        page = import_list(coordinator_client, IN_MEMORY_SIZE)

    assert errors(page) == {"import_file": NOT_IMPORTED % "the disk of its database is full"}
    assert Run.objects.count() == 0
    assert logged_errors(caplog) == ["An upload cannot be stored"]


def test_full_database_is_answered_with_507(coordinator_client, agreement):
    coordinator_client.raise_request_exception = False
    with full_database():
        page = edit(coordinator_client, agreement, notes="x" * MAX_TEXT_LENGTH)

    assert (page.status_code, element_texts(page, "h1")) == (507, ["Nothing was saved"])
    assert "The disk of the database is full. What was there before is as it was." in text(page)


@pytest.mark.usefixtures("reference_data")
def test_restore_of_documents_reports_a_full_disk(tmp_path, documents):
    backup = tmp_path / "backup.zip"
    document = DocumentFactory(content=PDF + os.urandom(IN_MEMORY_SIZE))
    call_command("backup", backup, stdout=StringIO())
    document.file.storage.delete(document.file.name)

    message = rf"^The document {document.file.name} cannot be stored: File too large\.$"
    with file_size_limit(), pytest.raises(BackupError, match=message), open_archive(backup) as reader:
        restore_documents(reader, added=[])

    assert [path for path in documents.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("reference_data")
def test_backup_on_a_full_disk_fails_and_keeps_the_previous_one(tmp_path, caplog):
    backup = tmp_path / "backups" / "backup.zip"
    backup.parent.mkdir()
    call_command("backup", backup, stdout=StringIO())
    before = backup.read_bytes()
    DocumentFactory(content=PDF + os.urandom(IN_MEMORY_SIZE))

    with file_size_limit(), pytest.raises(CommandError, match=rf"^{backup} cannot be written: File too large\.$"):
        call_command("backup", backup)

    assert [(file, file.read_bytes()) for file in backup.parent.iterdir()] == [(backup, before)]
    assert logged_errors(caplog) == ["No backup was made"]
