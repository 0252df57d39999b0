from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from partners.institutions.download import download_newest_release
from partners.institutions.loading import load_release
from partners.institutions.releases import ReleaseError


class Command(BaseCommand):
    requires_system_checks = []
    help = "Load the world's institutions of education from a release of the Research Organization Registry (ROR)."

    def add_arguments(self, parser):
        parser.add_argument(
            "file", nargs="?", type=Path, help="the ZIP file of a release; without it, the newest is downloaded"
        )

    def handle(self, file, **options):
        try:
            path = file or download_newest_release(settings.ROR_CACHE_DIR)
            result = load_release(path)
        except ReleaseError as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        if not file:
            path.unlink()
        if result.missing:
            self.stdout.write(f"In the directory, not in this release, and left as they are: {result.missing}")
        self.stdout.write(
            f"{result.new} new, {result.changed} changed, {result.unchanged} unchanged;"
            f" the registry has withdrawn {result.withdrawn} of them"
        )
