from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partners.interchange import tables
from partners.interchange.resources import OfficeListResource


class Command(BaseCommand):
    help = "Exports the office's list: every university that has a signed or an in-process agreement."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, nargs="?", help="standard output when left out")
        parser.add_argument("--format", choices=tables.WRITERS, help="told from the file's ending, or else tsv")

    def handle(self, file, **options):
        ending = file.suffix.lstrip(".").lower() if file else ""
        table_format = options["format"] or (ending if ending in tables.WRITERS else "tsv")
        data = tables.write(OfficeListResource().export(), table_format)
        if file is None:
            self.stdout.ending = ""
            self.stdout.write(data.decode())
            return
        try:
            file.write_bytes(data)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
