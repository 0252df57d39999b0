from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partners.interchange import tables
from partners.interchange.records import TableError
from partners.interchange.resources import COLUMNS, OfficeListResource
from partners.models import ImportRun


class Command(BaseCommand):
    help = "Imports the office's list, a table with the columns Country, University name and Agreement type."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="tell what would change, and change nothing")

    def handle(self, file, dry_run, **options):
        content = read(file)
        run = ImportRun.of(content, file_name=file.name)
        result = OfficeListResource().import_data(table(file, content), dry_run=dry_run, run=run)
        for header in result.ignored:
            self.stderr.write(f"Column “{header}” is ignored.")
        for error in result.error_lines():
            self.stderr.write(error)
        if not result.has_validation_errors():
            for outcome in result.changed:
                self.stdout.write(f"{outcome.name}: {'; '.join(outcome.words())}")
        self.stdout.write(result.counts())
        if result.has_validation_errors():
            raise CommandError("Nothing was imported. Correct the lines above and import the file again.")


def read(file):
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def table(file, content):
    try:
        return tables.read(content, COLUMNS)
    except TableError as error:
        raise CommandError(f"{file}: {error}") from error
