import secrets
from collections import deque
from pathlib import Path

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.timezone import localdate

from partners.groups import Role, get_group
from partners.imports.base import COUNTRY_COLUMN, NAME_COLUMN
from partners.imports.files import read_file
from partners.imports.resources import RegisterResource
from partners.models import Run, University

ACCOUNTS_EXIST = "as before (to set a password anew: .venv/bin/python manage.py changepassword NAME)"
NO_ADMINISTRATOR = "none yet (to make one: .venv/bin/python manage.py createsuperuser)"


class Command(BaseCommand):
    help = (
        "Make an empty site usable: import a list if there is no university, "
        "add a coordinator and an administrator if there is no account."
    )

    def add_arguments(self, parser):
        parser.add_argument("list", type=Path, help="the office's list")
        parser.add_argument(
            "--details", type=Path, help="a register with cities, websites and other names of the list's"
        )
        parser.add_argument("--url", required=True, help="the URL of the site, to be printed")

    @transaction.atomic
    def handle(self, list, details, url, **options):
        if not University.objects.exists():
            call_command("import_partners", list, stdout=self.stdout)
            if details:
                add_details(details)
        lines = {"Public list": f"{url}/", "Back office": f"{url}/admin/"}
        if User.objects.exists():
            lines["Accounts"] = ACCOUNTS_EXIST
            if not User.objects.filter(is_superuser=True, is_active=True).exists():
                lines["Administrator"] = NO_ADMINISTRATOR
        else:
            lines["Coordinator"] = create_account("coordinator", [get_group(Role.COORDINATOR)])
            lines["Administrator"] = create_account("administrator", [], is_superuser=True)
            lines["Passwords"] = "shown this once: keep them, or change them after signing in"
        self.stdout.write("")
        for label, text in lines.items():
            self.stdout.write(f"  {label:<16} {text}")
        self.stdout.write("")


def add_details(path):
    """Import the rows of a register that are about universities of the list. The office's own list may lack some."""
    content = path.read_bytes()
    table = read_file(content, RegisterResource)[1]
    known = set(University.objects.values_list("country__name", "name"))
    table.rows = deque(row for row in table.rows if (row.cells[COUNTRY_COLUMN], row.cells[NAME_COLUMN]) in known)
    RegisterResource().import_data(table, on=localdate(), run=Run.from_upload(content, file_name=path.name))


def create_account(username, groups, **fields):
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(username, password=password, is_staff=True, **fields)
    user.groups.set(groups)
    return f"{username}, with the password {password}"
