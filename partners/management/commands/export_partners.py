from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partners.imports.resources import MobilitiesResource, OfficeListResource, RegisterResource
from partners.tables.writing import FORMATS, write_sheets


class Command(BaseCommand):
    requires_system_checks = []
    help = "Exports the office's list: every university that has a signed or an in-process agreement."

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", default="-", help="omit it or give - for standard output")
        parser.add_argument("--format", choices=FORMATS, help="default: by the file's extension, or else tsv")
        kind = parser.add_mutually_exclusive_group()
        kind.add_argument(
            "--register",
            action="store_true",
            help="export the register, a row for each agreement with every field; in a workbook with its mobilities",
        )
        kind.add_argument(
            "--mobilities", action="store_true", help="export what the agreements offer, a row for each mobility"
        )

    def handle(self, file, register, mobilities, **options):
        extension = Path(file).suffix.lstrip(".").lower()
        file_format = options["format"] or (extension if extension in FORMATS else "tsv")
        resource = MobilitiesResource if mobilities else RegisterResource if register else OfficeListResource
        data = write_sheets(resource().export_sheets(), file_format)
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
