"""For Django's shell: the preview of an upload is made, and while it reads the register somebody else saves."""

import sys
import threading
from pathlib import Path

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import F
from django.test import Client

from partners.models import AgreementType, Country
from tests.admin.test_import_export import IMPORT
from tests.html import text

savings = []


def save():
    """On another connection, as a thread has its own. Without waiting for a lock on PostgreSQL."""
    try:
        with transaction.atomic():
            for model in (AgreementType, Country):
                list(model.objects.select_for_update(nowait=True))
            AgreementType.objects.update(position=F("position") + 1)
        Client().force_login(User.objects.get())
        savings.append("saved")
    except DatabaseError as error:
        savings.append(repr(error))
    finally:
        connections.close_all()


def save_beside(execute, sql, *arguments):
    result = execute(sql, *arguments)
    if 'FROM "partners_university"' in sql:
        thread = threading.Thread(target=save)
        thread.start()
        thread.join()
    return result


def preview(file):
    """Print how many universities the preview calls new, and how each saving went."""
    coordinator = Client()
    coordinator.force_login(User.objects.create_superuser("coordinator"))
    upload = SimpleUploadedFile("partners.tsv", Path(file).read_bytes())
    with connection.execute_wrapper(save_beside):
        page = coordinator.post(IMPORT, {"import_file": upload, "format": "0", "resource": "0"})
    new = text(page).partition("New ")[2].split()[0]
    sys.stdout.write(f"{new} new; {', '.join(sorted(set(savings)))}\n")
