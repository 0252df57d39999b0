from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils.timezone import now

from partners.models import Run


@pytest.mark.django_db
def test_unconfirmed_uploads_are_deleted_after_a_week():
    with time_machine.travel(now() - timedelta(days=8)):
        Run.from_upload(b"old", file_name="old.tsv").save()
        Run.from_upload(b"accepted", file_name="accepted.tsv", accepted_at=now()).save()
    Run.from_upload(b"new", file_name="new.tsv").save()
    printed = StringIO()

    call_command("delete_stale_uploads", stdout=printed)

    assert printed.getvalue() == "Deleted uploads: 1\n"
    assert sorted(run.file_name for run in Run.objects.all()) == ["accepted.tsv", "new.tsv"]
