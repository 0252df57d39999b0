"""Check of the accounts, with advice on how to fix a problem."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError

from partners.accounts.models import GroupRole
from partners.groups import Role


def check_accounts() -> Iterator[str]:
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
