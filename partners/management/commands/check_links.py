from django.core.management.base import BaseCommand, CommandError

from partners.models import University, WebsiteCheck
from partners.website_checks.checks import check_websites, save_findings


class Command(BaseCommand):
    requires_system_checks = []
    help = "Check the websites of partners. The front page of the back office lists those that failed twice."

    def handle(self, **options):
        findings = list(check_websites(University.objects.exclude(website="")))
        failed = [finding for finding in findings if finding.problem]
        if len(failed) == len(findings) > 1:
            raise CommandError("No website works. Is this machine connected to the internet? Nothing was recorded.")
        save_findings(findings)
        for finding in sorted(failed, key=lambda finding: finding.university.name_key):
            line = f"{finding.university}: {finding.university.website}: {finding.problem.label}"
            self.stdout.write(f"{line} {finding.moved_to:.200}".rstrip())
        self.stdout.write(
            f"{len(findings)} checked, {len(findings) - len(failed)} work, {len(failed)} do not;"
            f" {WebsiteCheck.objects.reported().count()} reported on the front page"
        )
