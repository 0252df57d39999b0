from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate

from partners.models import Reminder
from partners.reminders.delivery import DeliveryError, send_once
from partners.reminders.digests import build_digests, is_reachable


class Command(BaseCommand):
    requires_system_checks = []
    help = "Mails each coordinator what newly comes to its end or stands still. To be run once a day."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="tell what would be sent, and send nothing")

    def handle(self, dry_run, **options):
        if not settings.SITE_URL:
            raise CommandError("SITE_URL is not set. The mails need it for their links: set it to the site's address.")
        found = build_digests(localdate())
        self.tell_fallbacks(found)
        addressed = [digest for digest in found if digest.address]
        if dry_run:
            self.show(addressed)
        else:
            self.post(addressed)

    def tell_fallbacks(self, found):
        """Says which agreements reach the office instead of a person, or nobody at all."""
        instead = settings.OFFICE_EMAIL or "nobody"
        agreements = [agreement for digest in found for agreement in digest.agreements]
        people = {each.responsible for each in agreements if each.responsible and not is_reachable(each.responsible)}
        for person in sorted(people, key=str):
            self.stderr.write(f"{person} has left or has no address: {instead} is told instead.")
        if not settings.OFFICE_EMAIL and (left := sum(each.responsible is None for each in agreements)):
            self.stderr.write(f"Agreements with nobody responsible: {left}. Set OFFICE_EMAIL, and the office is told.")

    def show(self, found):
        for digest in found:
            self.stdout.write(f"{digest.address}: {digest.subject}")
            for heading, lines in digest.groups().items():
                for line in lines:
                    self.stdout.write(f"  {heading}: {line.agreement.university}, {line.name}, {line.words}")
        self.stdout.write(f"Mails that would be sent: {len(found)}")

    def post(self, found):
        Reminder.objects.stale().delete()
        sent, failed = 0, 0
        for digest in found:
            try:
                sent += send_once(digest)
            except DeliveryError as error:
                failed += 1
                self.stderr.write(" ".join(f"{digest.address} is not told: {error}".split()))
        if pending := Reminder.objects.pending().count():
            self.stdout.write(
                f"Matters that another run is telling: {pending}. If it died, run this again in ten minutes."
            )
        self.stdout.write(f"Mails sent: {sent}")
        if failed:
            raise CommandError(f"Mails not sent: {failed}. They will be at the next run.")
