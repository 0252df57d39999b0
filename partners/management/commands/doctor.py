from django.core.management.base import BaseCommand, CommandError

from exchange.diagnostics import run_diagnostics
from partners.accounts.diagnostics import check_accounts


class Command(BaseCommand):
    requires_system_checks = []
    help = "Check settings, database, cache, mail, files, permissions and accounts, and print what to do."

    def handle(self, **options):
        problems_by_area = run_diagnostics()
        if not problems_by_area["database"]:
            problems_by_area["accounts"] = list(check_accounts())
        for area, problems in problems_by_area.items():
            for line in problems or ["fine"]:
                self.stdout.write(f"{area}: {line}")
        if count := sum(map(len, problems_by_area.values())):
            raise CommandError(f"To do: {count}")
