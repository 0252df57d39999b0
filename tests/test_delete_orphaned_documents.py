import os
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils.timezone import now

from partners.models import Document
from tests.helpers.factories import DocumentFactory

pytestmark = pytest.mark.django_db


def create_and_roll_back():
    with transaction.atomic():
        DocumentFactory(agreement__university__name="Rolled back")
        transaction.set_rollback(True)


def age(file, days):
    moment = (now() - timedelta(days=days)).timestamp()
    os.utime(file, (moment, moment))


def test_file_of_a_rolled_back_document_is_deleted_after_a_day(documents, capsys):
    kept = DocumentFactory(agreement__university__name="Kept")
    age(documents / kept.file.name, days=2)
    create_and_roll_back()
    (orphan,) = [file for file in documents.iterdir() if file.name != kept.file.name]

    call_command("delete_orphaned_documents")
    assert orphan.exists()
    age(orphan, days=2)
    call_command("delete_orphaned_documents")

    assert capsys.readouterr().out == f"Removed {orphan.name}, which belongs to no document.\n"
    assert [file.name for file in documents.iterdir()] == [kept.file.name]


def test_missing_file_is_reported(documents):
    document = DocumentFactory()
    (documents / document.file.name).unlink()

    with pytest.raises(CommandError, match=r"Restore the files of these documents from a backup: agreement\.pdf\."):
        call_command("delete_orphaned_documents")

    assert Document.objects.count() == 1


def test_nothing_is_deleted_before_the_first_document(documents, capsys):
    call_command("delete_orphaned_documents")

    assert capsys.readouterr().out == ""
