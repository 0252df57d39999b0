import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from partners.imports.resources import OfficeListResource, RegisterResource
from partners.models import ImportRun
from partners.tables.types import TableError
from partners.validators import CONTROL_CHARACTERS_RE

PROGRESS_THRESHOLD = 2_000
"""Rows. Shorter imports are too fast for a progress bar."""


class Command(BaseCommand):
    requires_system_checks = []
    help = "Imports the office's list, a table with the columns Country, University name and Agreement type."

    def add_arguments(self, parser):
        parser.add_argument("file", help="TSV, CSV, XLSX, ODS or XLS; - for standard input")
        parser.add_argument("--register", action="store_true", help="the file is the register (see export_partners)")
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")

    def handle(self, file, register, dry_run, **options):
        resource = RegisterResource if register else OfficeListResource
        result = run_import(resource(), file, dry_run)
        for line in (*result.notices, *result.error_lines()):
            self.stderr.write(sanitize_line(line))
        if not result.has_validation_errors():
            self.write_changes(result, dry_run)
        self.stdout.write(result.counts())
        if result.has_validation_errors():
            raise CommandError("Nothing was imported. Correct the lines above and import the file again.")

    def write_changes(self, result, dry_run):
        for row in result.changed:
            self.stdout.write(f"{row.name}: {'; '.join(row.describe())}")
        if not dry_run:
            return
        for row in result.new:
            self.stdout.write(f"New: {row.name} ({row.country}): {row.summary}")
        if count := len(result.missing_universities):
            self.stdout.write(f"In the register, not in the file, and left as they are: {count}")


def run_import(resource, file, dry_run):
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    run = ImportRun.from_upload(content, file_name=Path(file).name)
    try:
        return resource.import_data(resource.read(content), dry_run=dry_run, run=run, progress=show_progress)
    except TableError as error:
        raise CommandError(sanitize_line(f"{file}: {error}")) from error
    except IntegrityError as error:
        message = "Nothing was imported, since somebody changed the register in the same moment. Try again."
        raise CommandError(message) from error


def sanitize_line(text):
    """Replace control characters, as cells of a file could contain line breaks and terminal escape sequences."""
    return CONTROL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)


def show_progress(items, total, description):
    """Wrap the items of a long step in a progress bar if standard error is a terminal."""
    if total <= PROGRESS_THRESHOLD or not sys.stderr.isatty():
        return items
    # Imported lazily, as most imports are too short for it.
    from tqdm import tqdm

    return tqdm(items, total=total, desc=description, unit="", leave=False)
