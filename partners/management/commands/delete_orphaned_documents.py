from datetime import timedelta

from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from partners.models import Document

# A younger file may be of a document that is being added.
GRACE_PERIOD = timedelta(days=1)


class Command(BaseCommand):
    help = "Delete files that belong to no document, and name the documents whose file is missing."

    def handle(self, **options):
        storage = storages["documents"]
        try:
            stored = set(storage.listdir("")[1])
        except FileNotFoundError:  # the folder is created with the first document
            stored = set()
        documents = dict(Document.objects.values_list("file", "name"))
        for name in stored.difference(documents):
            if storage.get_modified_time(name) < now() - GRACE_PERIOD:
                storage.delete(name)
                self.stdout.write(f"Removed {name}, which belongs to no document.")
        if missing := [documents[name] for name in documents.keys() - stored if not storage.exists(name)]:
            raise CommandError(f"Restore the files of these documents from a backup: {', '.join(sorted(missing))}.")
