from django.core.management.base import BaseCommand, CommandError

from exchange.diagnostics import run_diagnostics


class Command(BaseCommand):
    requires_system_checks = []
    help = "Looks at settings, database, cache, mail, files, permissions and accounts, and says what to do."

    def handle(self, **options):
        found = run_diagnostics()
        for part, faults in found.items():
            for line in faults or ["fine"]:
                self.stdout.write(f"{part}: {line}")
        if left := sum(map(len, found.values())):
            raise CommandError(f"To do: {left}")
