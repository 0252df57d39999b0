"""Work that is killed midway. Each function prepares its work and returns a callable that does it."""

import os
from functools import partial
from io import StringIO
from pathlib import Path

from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from partners.models import Agreement, Run
from partners.runs.undo import undo
from tests.helpers.signer import signing_form

STARTED, WRITING = "started", "writing"
WRITE_STATEMENTS = ("INSERT", "UPDATE", "DELETE")
IN_PROCESS_COUNT = 8
coordinator = Client()
coordinator.handler.load_middleware()


def perform(events, database, documents, scenario, *arguments):
    """Run a scenario on a site. Send the events STARTED and, before the first write to the database, WRITING."""
    connection.settings_dict["NAME"] = database
    vars(storages["documents"])["location"] = str(documents)
    work = scenario(*arguments)
    events.send(STARTED)
    with connection.execute_wrapper(WriteReporter(events)):
        work()
    connection.close()


class WriteReporter:
    def __init__(self, events):
        self.events, self.has_reported = events, False

    def __call__(self, execute, sql, *others):
        if not self.has_reported and sql.startswith(WRITE_STATEMENTS):
            self.events.send(WRITING)
            self.has_reported = True
        return execute(sql, *others)


def import_list(file):
    return partial(call_command, "import_partners", file, stdout=StringIO())


def undo_import():
    return partial(undo, Run.objects.latest("pk"), None)


def leave_few_in_process():
    """Put IN_PROCESS_COUNT agreements in process and end the others."""
    agreements = Agreement.objects.order_by("pk")
    first = agreements.values("pk")[:IN_PROCESS_COUNT]

    def work():
        agreements.exclude(pk__in=first).update(status="ended")
        agreements.filter(pk__in=first).update(status="in_process")

    return work


def sign_agreements():
    """Sign all on the signing page of the admin, with a document each."""
    coordinator.force_login(User.objects.get(username="coordinator"))
    agreements = Agreement.objects.in_process()
    form = {name: value for agreement in agreements for name, value in signing_form(agreement).items()}
    url = reverse("admin:partners_agreement_sign", query={"id": [agreement.pk for agreement in agreements]})
    return partial(coordinator.post, url, form)


def create_backup(file):
    return partial(call_command, "backup", file, stdout=StringIO())


def delete_orphaned_documents():
    """Delete them as if all files were old, so that none is taken for one that is being added."""
    folder = Path(storages["documents"].location)
    for file in folder.iterdir():
        os.utime(file, (0, 0))
    return partial(call_command, "delete_orphaned_documents", stdout=StringIO())
