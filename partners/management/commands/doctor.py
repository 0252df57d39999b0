from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from exchange.diagnostics import run_diagnostics
from partners import period_constraint, search_index
from partners.accounts.models import GroupRole
from partners.groups import Role
from partners.models import Agreement


class Command(BaseCommand):
    requires_system_checks = []
    help = "Check settings, database, cache, mail, files, permissions and accounts, and print what to do."

    def handle(self, **options):
        problems_by_area = run_diagnostics()
        if not problems_by_area["database"]:
            problems_by_area["search"] = search_index.check_installed()
            problems_by_area["agreements"] = list(check_agreements())
            problems_by_area["accounts"] = list(check_accounts())
        for area, problems in problems_by_area.items():
            for line in problems or ["fine"]:
                self.stdout.write(f"{area}: {line}")
        if count := sum(map(len, problems_by_area.values())):
            raise CommandError(f"To do: {count}")


def check_accounts() -> Iterator[str]:
    """Yield the problems of the accounts, each with advice on how to fix it."""
    users = User.objects.filter(is_active=True, is_staff=True)
    try:
        if not users.filter(is_superuser=True).exists():
            yield "There is no active superuser. Run manage.py createsuperuser."
        for user in users.filter(groups__role__key=Role.COORDINATOR, email="").order_by("username"):
            yield f"{user} has no email address, so reminders go to the office's. Give the account one."
        known = set(GroupRole.objects.values_list("key", flat=True))
        for role in Role:
            if settings.OIDC_ISSUER and role not in known:
                yield (
                    f"No group has the role {role.label}, and single sign-on needs one. Choose it on the group's page."
                )
    except DatabaseError as error:
        yield f"They cannot be read: {error}. Run manage.py migrate."


def check_agreements() -> Iterator[str]:
    """Yield the problems of the constraint on periods, and of the agreements that it should have refused."""
    yield from period_constraint.check_installed()
    for agreement in Agreement.objects.overlapping().select_related("university", "agreement_type").order_by("pk"):
        yield (
            f"Agreement {agreement.pk} overlaps another signed one of {agreement.university}: "
            f"{agreement.describe_period()}. Change the dates of one of them, or end it."
        )
