"""What is killed on its way. Each work makes itself ready, and gives what is then to be done."""

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

from partners.imports.undo import undo
from partners.models import Agreement, ImportRun
from tests.multi_process.signer import filled

BEGUN, WRITING = "begun", "writing"
WRITES = ("INSERT", "UPDATE", "DELETE")
DEALS = 8
coordinator = Client()
coordinator.handler.load_middleware()


def perform(tell, database, documents, work, *arguments):
    """Does a work on a site. Tells when it begins, and when it is about to write to the database."""
    connection.settings_dict["NAME"] = database
    vars(storages["documents"])["location"] = str(documents)
    begin = work(*arguments)
    tell.send(BEGUN)
    with connection.execute_wrapper(Telling(tell)):
        begin()
    connection.close()


class Telling:
    def __init__(self, tell):
        self.tell, self.has_told = tell, False

    def __call__(self, execute, sql, *others):
        if not self.has_told and sql.startswith(WRITES):
            self.tell.send(WRITING)
            self.has_told = True
        return execute(sql, *others)


def importing(file):
    return partial(call_command, "import_partners", file, stdout=StringIO())


def undoing():
    return partial(undo, ImportRun.objects.latest("pk"), None)


def opening():
    """Leaves a few deals, which wait for being signed."""
    agreements = Agreement.objects.order_by("pk")
    some = agreements.values("pk")[:DEALS]

    def begin():
        agreements.exclude(pk__in=some).update(status="ended")
        agreements.filter(pk__in=some).update(status="in_process")

    return begin


def signing():
    """On the coordinators' page, with a document for each."""
    coordinator.force_login(User.objects.get(username="coordinator"))
    deals = Agreement.objects.in_process()
    form = {name: value for deal in deals for name, value in filled(deal).items()}
    page = reverse("admin:partners_agreement_sign", query={"id": [deal.pk for deal in deals]})
    return partial(coordinator.post, page, form)


def backing_up(file):
    return partial(call_command, "backup", file, stdout=StringIO())


def cleaning():
    """A day later, when no file can be of a document that is just being added."""
    folder = Path(storages["documents"].location)
    for file in folder.iterdir():
        os.utime(file, (0, 0))
    return partial(call_command, "delete_orphaned_documents", stdout=StringIO())
