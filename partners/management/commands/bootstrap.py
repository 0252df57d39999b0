import secrets
from pathlib import Path

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from partners.groups import Role, get_group
from partners.models import University

ACCOUNTS_EXIST = "as before (to set a password anew: .venv/bin/python manage.py changepassword NAME)"
NO_ADMINISTRATOR = "none yet (to make one: .venv/bin/python manage.py createsuperuser)"


class Command(BaseCommand):
    help = (
        "Make an empty site usable: import a list if there is no university, "
        "add a coordinator and an administrator if there is no account."
    )

    def add_arguments(self, parser):
        parser.add_argument("list", type=Path, help="the office's list")
        parser.add_argument("--url", required=True, help="the URL of the site, to be printed")

    @transaction.atomic
    def handle(self, list, url, **options):
        if not University.objects.exists():
            call_command("import_partners", list, stdout=self.stdout)
        lines = {"Public list": f"{url}/", "Back office": f"{url}/admin/"} | ensure_accounts()
        self.stdout.write("")
        for label, text in lines.items():
            self.stdout.write(f"  {label:<16} {text}")
        self.stdout.write("")


def ensure_accounts():
    """Return lines to print about accounts by label. None are created if there are any."""
    if not User.objects.exists():
        return {
            "Coordinator": create_account("coordinator", [get_group(Role.COORDINATOR)]),
            "Administrator": create_account("administrator", [], is_superuser=True),
            "Passwords": "shown this once: keep them, or change them after signing in",
        }
    if User.objects.filter(is_superuser=True, is_active=True).exists():
        return {"Accounts": ACCOUNTS_EXIST}
    return {"Accounts": ACCOUNTS_EXIST, "Administrator": NO_ADMINISTRATOR}


def create_account(username, groups, **fields):
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(username, password=password, is_staff=True, **fields)
    user.groups.set(groups)
    return f"{username}, with the password {password}"
