from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partners.backups.archive import BackupError
from partners.backups.restore import restore_backup
from partners.models import Agreement, University


class Command(BaseCommand):
    requires_system_checks = []
    help = "Fill an empty database, SQLite or PostgreSQL, and the folder of documents from a backup."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="a file written by the command backup")

    def handle(self, file, **options):
        try:
            restore_backup(file)
        except BackupError as error:
            raise CommandError(error) from error
        universities, agreements = University.objects.count(), Agreement.objects.count()
        self.stdout.write(f"Restored {universities} universities with {agreements} agreements.")
