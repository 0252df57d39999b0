from datetime import timedelta

from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from partners.models import Document

GRACE = timedelta(days=1)
"""A younger file may be of a document that is being added right now."""


class Command(BaseCommand):
    help = "Removes files that belong to no document, and tells which documents have lost their file."

    def handle(self, **options):
        storage = storages["documents"]
        stored = _names(storage)
        named = dict(Document.objects.values_list("file", "name"))
        for name in stored.difference(named):
            if storage.get_modified_time(name) < now() - GRACE:
                storage.delete(name)
                self.stdout.write(f"Removed {name}, which belongs to no document.")
        if lost := [named[name] for name in named.keys() - stored if not storage.exists(name)]:
            raise CommandError(f"Restore the files of these documents from a backup: {', '.join(sorted(lost))}.")


def _names(storage):
    try:
        return set(storage.listdir("")[1])
    except FileNotFoundError:  # the folder comes with the first document
        return set()
