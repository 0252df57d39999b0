import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partners.backups.archive import BackupError, partial_path
from partners.backups.create import create_backup

logger = logging.getLogger(__name__)
FILE_NAME_FORMAT = "partners-%Y-%m-%d-%H%M%S.zip"
FILE_NAME_GLOB = "partners-????-??-??-??????.zip"
# A younger partial file may be of a backup that is being written.
STALE_AFTER = timedelta(days=1)


class Command(BaseCommand):
    requires_system_checks = []
    help = "Write the whole database and all documents to one file with checksums, while people go on working."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="the file, or a folder in which it is named by date and time")
        parser.add_argument("--keep", type=int, help="in a folder: remove all but the newest so many backups")

    def handle(self, path, keep, **options):
        folder = path if path.is_dir() else None
        if keep is not None and (keep < 1 or not folder):
            raise CommandError("--keep needs a folder, and a number from 1 on.")
        file = folder / datetime.now(UTC).strftime(FILE_NAME_FORMAT) if folder else path
        try:
            create_backup(file)
        except BackupError as error:
            logger.error("No backup was made: %s", error)
            raise CommandError(error) from error
        self.stdout.write(f"Backed up to {file}, {file.stat().st_size / 1_000_000:.1f} MB.")
        if keep:
            delete_old_backups(file, keep)


def delete_old_backups(new, keep):
    """Keep the newest backups, always including the new one, even if the clock was ahead when others were made."""
    others = sorted({*new.parent.glob(FILE_NAME_GLOB)} - {new}, reverse=True)
    for file in others[keep - 1 :]:
        file.unlink()
    stale_before = (datetime.now(UTC) - STALE_AFTER).timestamp()
    for partial in new.parent.glob(partial_path(Path(FILE_NAME_GLOB)).name):
        if partial.stat().st_mtime < stale_before:
            partial.unlink()
