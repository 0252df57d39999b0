import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from partners.imports.resources import OfficeListResource, RegisterResource
from partners.models import ImportRun
from partners.tables.types import TableError
from partners.validators import CONTROL_CHARACTERS_RE

PROGRESS_THRESHOLD = 2_000
"""Rows from which on a terminal is shown how far the import is."""


class Command(BaseCommand):
    requires_system_checks = []
    help = "Imports the office's list, a table with the columns Country, University name and Agreement type."

    def add_arguments(self, parser):
        parser.add_argument("file", help="TSV, CSV, XLSX or ODS; - for standard input")
        parser.add_argument("--register", action="store_true", help="the file is what export_partners --register makes")
        parser.add_argument("--dry-run", action="store_true", help="tell what would change, and change nothing")

    def handle(self, file, register, dry_run, **options):
        resource = RegisterResource if register else OfficeListResource
        result = run_import(resource(), file, dry_run)
        for header in result.ignored:
            self.stderr.write(one_line(f"Column “{header}” is ignored."))
        for sheet in result.other_sheets:
            self.stderr.write(one_line(f"Sheet “{sheet}” is ignored."))
        for line in result.error_lines():
            self.stderr.write(one_line(line))
        if not result.has_validation_errors():
            self.tell_changes(result)
            if dry_run:
                self.tell_the_rest(result)
        self.stdout.write(result.counts())
        if result.has_validation_errors():
            raise CommandError("Nothing was imported. Correct the lines above and import the file again.")

    def tell_changes(self, result):
        for outcome in result.changed:
            self.stdout.write(f"{outcome.name}: {'; '.join(outcome.words())}")

    def tell_the_rest(self, result):
        """What only a preview tells."""
        for outcome in result.new:
            self.stdout.write(f"New: {outcome.name} ({outcome.country}): {outcome.terms}")
        if result.absent:
            self.stdout.write(f"In the register, not in the file, and left as they are: {len(result.absent)}")


def run_import(resource, file, dry_run):
    content = read(file)
    run = ImportRun.of(content, file_name=Path(file).name)
    try:
        return resource.import_data(resource.read(content), dry_run=dry_run, run=run, watch=progress)
    except TableError as error:
        raise CommandError(one_line(f"{file}: {error}")) from error
    except IntegrityError as error:
        message = "Nothing was imported, since somebody changed the register in the same moment. Try again."
        raise CommandError(message) from error


def one_line(text):
    """What stands in a cell must neither break the line nor talk to the terminal."""
    return CONTROL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)


def read(file):
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def progress(things, total, doing):
    """Shows on a terminal how far each step of a long import is. Says nothing to a file or a pipe."""
    if total <= PROGRESS_THRESHOLD or not sys.stderr.isatty():
        return things
    from tqdm import tqdm

    return tqdm(things, total=total, desc=doing, unit="", leave=False)
