from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from partners.institutions.loading import load_release
from partners.institutions.releases import ReleaseError


class Command(BaseCommand):
    requires_system_checks = []
    help = "Load the world's institutions of education from a release of the Research Organization Registry (ROR)."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="the ZIP file of a release")

    def handle(self, file, **options):
        try:
            result = load_release(file)
        except ReleaseError as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        if result.missing:
            self.stdout.write(f"In the directory, not in this release, and left as they are: {result.missing}")
        self.stdout.write(
            f"{result.new} new, {result.changed} changed, {result.unchanged} unchanged;"
            f" the registry has withdrawn {result.withdrawn} of them"
        )
