import codecs
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from django.utils.timezone import localdate

from partners.imports.choices import ImportChoices
from partners.imports.files import read_file
from partners.imports.mobility_columns import MOBILITY_COLUMN_OF
from partners.imports.register_columns import COLUMNS, KEY_COLUMN
from partners.imports.resources import MobilitiesResource, OfficeListResource, RegisterResource
from partners.models import Run
from partners.name_normalization import matching_key
from partners.period_constraint import describe_integrity_error
from partners.tables.encodings import ENCODINGS
from partners.tables.headers import HeaderError
from partners.tables.reading import ReadOptions
from partners.tables.types import TableError
from partners.validators import CONTROL_CHARACTERS_RE

ASSIGNABLE_COLUMNS = (*COLUMNS, KEY_COLUMN, *MOBILITY_COLUMN_OF.values())
PROGRESS_THRESHOLD = 2_000
"""Rows. Shorter imports are too fast for a progress bar."""
RESOURCE_BY_OPTION = {"list": OfficeListResource, "register": RegisterResource, "mobilities": MobilitiesResource}
OPTION_HINTS = {
    "fill_down": "If an empty country means the one above, add --fill-down.",
    "skip_headings": "If lines with one filled cell are headings or notes, add --skip-headings.",
    "accept_names": "If names that look like none or damaged are right, add --accept-names.",
}
WAITING_HINT = (
    "Nothing is chosen for some names above. If they are new universities, add --new. "
    "Otherwise write the known names into the file, or import it in the back office and choose there."
)
TAKE_BACK_HINT = "Some lines would take back what people did, and are left. To import them too, add --take-back."


class Command(BaseCommand):
    requires_system_checks = []
    help = "Imports the office's list, the register or its mobilities. The header of the file says which it is."

    def add_arguments(self, parser):
        parser.add_argument("file", help="TSV, CSV, XLSX, ODS or XLS; - for standard input")
        kind = parser.add_mutually_exclusive_group()
        kind.add_argument("--list", action="store_true", help="refuse a file that is not the office's list")
        kind.add_argument("--register", action="store_true", help="refuse a file that is not the register")
        kind.add_argument("--mobilities", action="store_true", help="refuse a file that is not mobilities alone")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="COLUMN=HEADER",
            help='a column under another header, such as "Country=Land"',
        )
        parser.add_argument(
            "--encoding",
            default="",
            help="encoding of a text file that is neither in UTF-8 nor in UTF-16, such as cp1250",
        )
        parser.add_argument("--fill-down", action="store_true", help="an empty country means the one above")
        parser.add_argument(
            "--skip-headings", action="store_true", help="lines with one filled cell are headings or notes"
        )
        parser.add_argument(
            "--accept-names",
            action="store_true",
            help="names that look like none or damaged are right",
        )
        parser.add_argument("--new", action="store_true", help="names that say almost the same as known ones are new")
        parser.add_argument(
            "--take-back", action="store_true", help="import the lines that take back what people did, too"
        )
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")

    def handle(self, file, dry_run, **options):
        result = run_import(file, dry_run, options)
        hints = [hint for name, hint in OPTION_HINTS.items() if name in result.offered_options]
        for line in (*result.notices, *result.error_lines(), *hints):
            self.stderr.write(sanitize_line(line))
        if not result.has_validation_errors():
            self.write_questions(result)
            self.write_changes(result, dry_run)
        self.stdout.write(result.counts())
        if result.has_validation_errors():
            raise CommandError("Nothing was imported. Correct the lines above and import the file again.")
        if result.waiting:
            raise CommandError(f"Nothing was imported. {WAITING_HINT}")

    def write_questions(self, result):
        for question in result.questions:
            known = ", ".join(f"“{candidate.name}” ({candidate.reason.label})" for candidate in question.candidates)
            answer = "Nothing is chosen." if question.choice is None else "It is taken as new."
            name = f"“{question.name}” ({question.country})"
            self.stdout.write(f"Line {question.line}: Is {name} new, or another name of {known}? {answer}")
        for row in result.left:
            self.stdout.write(f"Left as it is: {row.name}: {row.summary}")
        if result.left:
            self.stderr.write(TAKE_BACK_HINT)

    def write_changes(self, result, dry_run):
        for row in result.changed:
            self.stdout.write(f"{row.name}: {row.summary}")
        for remark in result.remarks:
            self.stdout.write(f"{remark.name}: {remark.summary}")
        if not dry_run:
            return
        for row in result.new:
            self.stdout.write(f"New: {row.name} ({row.country}): {row.summary}")
        if count := len(result.missing_universities or ()):
            self.stdout.write(f"In the register, not in the file, and left as they are: {count}")


def run_import(file, dry_run, options):
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    read_options = {
        "columns": parse_columns(options["column"]),
        "encoding": parse_encoding(options["encoding"]),
        "fill_down": options["fill_down"],
        "skip_headings": options["skip_headings"],
        "accept_names": options["accept_names"],
    }
    run = Run.from_upload(content, file_name=Path(file).name, read_options=read_options)
    expected = next((resource for option, resource in RESOURCE_BY_OPTION.items() if options[option]), None)
    try:
        resource, table = read_file(content, expected, ReadOptions(**read_options))
        if table.encoding_guess and not (table.encoding_guess.is_confirmed or dry_run):
            advice = f"If they are right, add --encoding {table.encoding_guess.encoding}, otherwise name another."
            raise CommandError(sanitize_line(f"{file}: {table.encoding_guess.describe()} {advice}"))
        choices = ImportChoices(is_new_by_default=options["new"], takes_all_back=options["take_back"])
        return resource().import_data(
            table, on=localdate(), dry_run=dry_run, run=run, choices=choices, progress=show_progress
        )
    except HeaderError as error:
        hint = 'To say which header a column has: --column "Country=Land".'
        raise CommandError(sanitize_line(f"{file}: {error} {hint}")) from error
    except TableError as error:
        raise CommandError(sanitize_line(f"{file}: {error}")) from error
    except IntegrityError as error:
        raise CommandError(f"Nothing was imported. {describe_integrity_error(error)} Try again.") from error


def sanitize_line(text):
    """Replace control characters, as cells of a file could contain line breaks and terminal escape sequences."""
    return CONTROL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)


def parse_encoding(name):
    """Return Python's name of the encoding."""
    try:
        return codecs.lookup(name).name if name else ""
    except LookupError:
        names = ", ".join(ENCODINGS)
        raise CommandError(f"--encoding {name}: there is no such encoding. The usual ones: utf-8, {names}.") from None


def parse_columns(pairs):
    columns = {}
    for pair in pairs:
        column, separator, header = pair.partition("=")
        name = next((name for name in ASSIGNABLE_COLUMNS if matching_key(name) == matching_key(column)), None)
        if not (separator and name and header.strip()):
            names = ", ".join(ASSIGNABLE_COLUMNS)
            raise CommandError(f"--column {pair}: write the column, “=” and the header in the file. Columns: {names}.")
        columns[name] = header
    return columns


def show_progress(items, total, description):
    """Wrap the items of a long step in a progress bar if standard error is a terminal."""
    if total <= PROGRESS_THRESHOLD or not sys.stderr.isatty():
        return items
    # Imported lazily, as most imports are too short for it.
    from tqdm import tqdm

    return tqdm(items, total=total, desc=description, unit="", leave=False)
