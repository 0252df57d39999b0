"""Preview an import, and write on another connection while the preview reads."""

import sys
import threading
from pathlib import Path

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import F
from django.test import Client

from partners.models import AgreementType, Country
from tests.helpers.html import text
from tests.helpers.import_pages import IMPORT

results = []


def save_rows():
    """Write on this thread's own connection, without waiting for locks on PostgreSQL."""
    try:
        with transaction.atomic():
            for model in (AgreementType, Country):
                list(model.objects.select_for_update(nowait=True))
            AgreementType.objects.update(position=F("position") + 1)
        Client().force_login(User.objects.get())
        results.append("saved")
    except DatabaseError as error:
        results.append(repr(error))
    finally:
        connections.close_all()


def save_concurrently(execute, sql, *arguments):
    result = execute(sql, *arguments)
    if 'FROM "partners_university"' in sql:
        thread = threading.Thread(target=save_rows)
        thread.start()
        thread.join()
    return result


def preview(file):
    """Preview the file, and print its number of new universities and the results of the concurrent writes."""
    client = Client()
    client.force_login(User.objects.create_superuser("coordinator"))
    upload = SimpleUploadedFile("partners.tsv", Path(file).read_bytes())
    with connection.execute_wrapper(save_concurrently):
        page = client.post(IMPORT, {"import_file": upload})
    new = text(page).partition("New ")[2].split()[0]
    sys.stdout.write(f"{new} new; {', '.join(sorted(set(results)))}\n")
