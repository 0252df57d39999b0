from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate

from partners.models import OfficeSettings, Reminder
from partners.reminders.digests import DeliveryError, build_digests, is_reachable, send_once


class Command(BaseCommand):
    requires_system_checks = []
    help = "Mail each coordinator a digest of agreements that newly end, are due or have stalled. Run it once a day."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="print what would be sent, and send nothing")

    def handle(self, dry_run, **options):
        if not settings.SITE_URL:
            raise CommandError("SITE_URL is not set. The mails need it for their links: set it to the site's address.")
        digests = build_digests(localdate())
        self.report_fallbacks(digests)
        deliverable = [digest for digest in digests if digest.recipient]
        if dry_run:
            self.print_digests(deliverable)
        else:
            self.send(deliverable)

    def report_fallbacks(self, digests):
        """Print the people in whose place the office is reminded, and how many agreements nobody is reminded of."""
        office_email = OfficeSettings.objects.current().contact_email
        fallback = office_email or "nobody"
        people = [agreement.responsible for digest in digests for agreement in digest.agreements]
        for user in sorted({user for user in people if user and not is_reachable(user)}, key=str):
            self.stderr.write(f"{user} has left or has no email address: {fallback} is reminded instead.")
        if not office_email and (count := people.count(None)):
            self.stderr.write(
                f"Agreements with nobody responsible: {count}. Set OFFICE_EMAIL, and the office is reminded."
            )

    def print_digests(self, digests):
        for digest in digests:
            self.stdout.write(f"{digest.recipient}: {digest.subject}")
            for heading, lines in digest.lines_by_heading().items():
                for line in lines:
                    self.stdout.write(
                        f"  {heading}: {line['agreement'].university}, {line['agreement'].title}, {line['description']}"
                    )
        self.stdout.write(f"Mails that would be sent: {len(digests)}")

    def send(self, digests):
        Reminder.objects.stale().delete()
        sent, failed = 0, 0
        for digest in digests:
            try:
                sent += send_once(digest)
            except DeliveryError as error:
                failed += 1
                self.stderr.write(" ".join(f"No mail to {digest.recipient}: {error}".split()))
        if pending := Reminder.objects.active().filter(sent_at=None).count():
            self.stdout.write(
                f"Reminders that another run is sending: {pending}. If it died, run this again in ten minutes."
            )
        self.stdout.write(f"Mails sent: {sent}")
        if failed:
            raise CommandError(f"Mails not sent: {failed}. They will be at the next run.")
