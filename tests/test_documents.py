import hashlib
import stat

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from partners.enums import AgreementStatus
from partners.models import Agreement, Document
from tests.helpers.factories import AgreementFactory, DocumentFactory
from tests.helpers.files import PDF, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement(db):
    return AgreementFactory(university__name="Marburg")


@pytest.fixture
def only_file(documents):
    def find():
        (file,) = documents.iterdir()
        return file

    return find


def test_document_has_the_properties_of_the_file(agreement, coordinator):
    DocumentFactory(agreement=agreement, name="Signed  one.PDF", added_by=coordinator)

    document = Document.objects.get()

    assert (document.name, document.file_type, document.size) == ("Signed one.PDF", "pdf", len(PDF))
    assert document.sha256 == hashlib.sha256(PDF).hexdigest()
    assert (document.added_by, document.file_type) == (coordinator, "pdf")
    with document.file as file:
        assert file.read() == PDF


def test_file_is_stored_under_a_random_name_for_its_owner_only(agreement, only_file):
    DocumentFactory(agreement=agreement)

    file = only_file()
    assert file.read_bytes() == PDF
    assert (len(file.name), file.suffix) == (32, "")
    assert stat.filemode(file.stat().st_mode) == "-rw-------"


def test_unsupported_file_is_rejected(agreement, settings):
    settings.DOCUMENT_MAX_MB = 0

    with pytest.raises(ValidationError, match="a document at most 0 MB"):
        DocumentFactory(agreement=agreement)


def test_duplicate_content_in_one_agreement_is_rejected(agreement):
    DocumentFactory(agreement=agreement)

    with pytest.raises(ValidationError, match=r"The agreement has this document already\."):
        DocumentFactory(agreement=agreement, name="copy.pdf")
    with pytest.raises(IntegrityError, match="document"), transaction.atomic():
        Document.from_upload(upload("copy.pdf"), agreement=agreement).save()


def test_duplicate_content_in_another_agreement_or_of_a_withdrawn_document_is_accepted(agreement):
    first = DocumentFactory(agreement=agreement)
    first.is_withdrawn = True
    first.save()

    DocumentFactory(agreement=agreement)
    DocumentFactory(agreement__university__name="Jena")

    assert list(Document.objects.values_list("agreement__university__name", "is_withdrawn").order_by("pk")) == [
        ("Marburg", True),
        ("Marburg", False),
        ("Jena", False),
    ]


def test_agreement_with_a_document_cannot_be_deleted(agreement):
    DocumentFactory(agreement=agreement)

    with pytest.raises(ProtectedError):
        agreement.delete()


def test_file_is_deleted_after_the_deletion_is_committed(agreement, documents, django_capture_on_commit_callbacks):
    document = DocumentFactory(agreement=agreement)

    with django_capture_on_commit_callbacks(execute=True):
        document.delete()
        assert len(list(documents.iterdir())) == 1

    assert list(documents.iterdir()) == []


def test_file_is_kept_if_the_deletion_is_rolled_back(agreement, only_file):
    DocumentFactory(agreement=agreement)

    with transaction.atomic():
        Document.objects.all().delete()
        transaction.set_rollback(True)

    assert only_file().read_bytes() == PDF
    assert Document.objects.count() == 1


def test_history_has_no_storage_names(agreement):
    document = DocumentFactory(agreement=agreement)
    document.is_withdrawn = True
    document.save()

    assert list(document.history.values_list("name", "is_withdrawn")) == [
        ("agreement.pdf", True),
        ("agreement.pdf", False),
    ]
    assert "file" not in {field.name for field in Document.history.model._meta.fields}


def test_withdrawn_documents_do_not_count(agreement):
    DocumentFactory(agreement=agreement)
    withdrawn = AgreementFactory(university__name="Jena")
    DocumentFactory(agreement=withdrawn, is_withdrawn=True)
    AgreementFactory(university__name="Halle")
    AgreementFactory(university__name="Gera", status=AgreementStatus.IN_PROCESS)

    without = Agreement.objects.with_document().filter(has_document=False)

    assert sorted(without.values_list("university__name", flat=True)) == ["Gera", "Halle", "Jena"]
    assert sorted(without.signed().values_list("university__name", flat=True)) == ["Halle", "Jena"]
