from django.core.management.base import BaseCommand

from partners.models import Run


class Command(BaseCommand):
    requires_system_checks = []
    help = "Delete uploaded lists that nobody has confirmed within a week."

    def handle(self, **options):
        deleted, _by_model = Run.objects.expired_unconfirmed().delete()
        self.stdout.write(f"Deleted uploads: {deleted}")
