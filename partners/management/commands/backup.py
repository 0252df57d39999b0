import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partners.backups.archive import BackupError, partial_path
from partners.backups.create import create_backup

logger = logging.getLogger(__name__)
BACKUP_NAME_RE = "partners-%Y-%m-%d-%H%M%S.zip"
GRACE = timedelta(days=1)
PARTIAL_NAME_RE = "partners-????-??-??-??????.zip"


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
        file = folder / datetime.now(UTC).strftime(BACKUP_NAME_RE) if folder else path
        try:
            create_backup(file)
        except BackupError as error:
            logger.error("No backup was made: %s", error)
            raise CommandError(error) from error
        self.stdout.write(f"Backed up to {file}, {file.stat().st_size / 1_000_000:.1f} MB.")
        if keep:
            delete_stale_partials(file, keep)


def delete_stale_partials(new, keep):
    """Leaves the newest backups. What has just been made is one of them, wherever the clock was when others were."""
    others = sorted({*new.parent.glob(PARTIAL_NAME_RE)} - {new}, reverse=True)
    unfinished = new.parent.glob(partial_path(Path(PARTIAL_NAME_RE)).name)
    for file in [*others[keep - 1 :], *filter(is_stale, unfinished)]:
        file.unlink()


def is_stale(unfinished):
    """A younger one may be of a backup that is being made right now."""
    return datetime.now(UTC) - datetime.fromtimestamp(unfinished.stat().st_mtime, UTC) > GRACE
