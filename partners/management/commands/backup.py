from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partners.backups.archive import BackupError
from partners.backups.taking import back_up

NAMED = "partners-%Y-%m-%d-%H%M%S.zip"
OURS = "partners-????-??-??-??????.zip"


class Command(BaseCommand):
    requires_system_checks = []
    help = "Writes the whole database and all documents to one file with checksums, while people go on working."

    def add_arguments(self, parser):
        parser.add_argument(
            "path", type=Path, help="the file, or the folder in which it gets a name of its day and time"
        )
        parser.add_argument("--keep", type=int, help="in a folder: remove all but the newest so many backups")

    def handle(self, path, keep, **options):
        folder = path if path.is_dir() else None
        if keep is not None and (keep < 1 or not folder):
            raise CommandError("--keep needs a folder, and a number from 1 on.")
        file = folder / datetime.now(UTC).strftime(NAMED) if folder else path
        try:
            back_up(file)
        except BackupError as error:
            raise CommandError(error) from error
        self.stdout.write(f"Backed up to {file}, {file.stat().st_size / 1_000_000:.1f} MB.")
        if keep:
            for old in sorted(folder.glob(OURS))[:-keep]:
                old.unlink()
