from django.core.management.base import BaseCommand

from partners.models import ImportRun


class Command(BaseCommand):
    requires_system_checks = []
    help = "Forgets uploaded lists that nobody has decided on for a week."

    def handle(self, **options):
        forgotten, _by_model = ImportRun.objects.abandoned().delete()
        self.stdout.write(f"Forgotten uploads: {forgotten}")
