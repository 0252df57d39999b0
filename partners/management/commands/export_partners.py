from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partners.imports.resources import OfficeListResource, RegisterResource
from partners.tables.writing import FORMATS, write_table


class Command(BaseCommand):
    requires_system_checks = []
    help = "Exports the office's list: every university that has a signed or an in-process agreement."

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", default="-", help="omit it or give - for standard output")
        parser.add_argument("--format", choices=FORMATS, help="default: by the file's extension, or else tsv")
        parser.add_argument(
            "--register", action="store_true", help="export the register, a row for each agreement with every field"
        )

    def handle(self, file, register, **options):
        extension = Path(file).suffix.lstrip(".").lower()
        file_format = options["format"] or (extension if extension in FORMATS else "tsv")
        resource = RegisterResource if register else OfficeListResource
        data = write_table(resource().export(), file_format)
        try:
            self.write(data) if file == "-" else Path(file).write_bytes(data)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error

    def write(self, data):
        """Write bytes to standard output, or text if it is an io.StringIO, as in call_command(stdout=…)."""
        if out := getattr(self.stdout, "buffer", None):
            out.write(data)
            out.flush()
        else:
            self.stdout.write(data.decode(), ending="")
