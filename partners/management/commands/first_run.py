import secrets
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from partners.models import University

ACCOUNT = "coordinator"


class Command(BaseCommand):
    help = (
        "Makes an empty site usable: imports a list where there is no university, adds an account where there is none."
    )

    def add_arguments(self, parser):
        parser.add_argument("list", type=Path, help="the office's list")
        parser.add_argument("--address", required=True, help="where the site will be, to print it")

    @transaction.atomic
    def handle(self, list, address, **options):
        if not University.objects.exists():
            call_command("import_partners", list, stdout=self.stdout)
        account = self.account()
        self.stdout.write(
            f"\n  Public list    {address}/\n  Back office    {address}/admin/\n  Account        {account}\n\n"
        )

    def account(self):
        if User.objects.exists():
            return "as before (to set a password anew: .venv/bin/python manage.py changepassword NAME)"
        password = secrets.token_urlsafe(12)
        user = User.objects.create_user(ACCOUNT, password=password, is_staff=True)
        user.groups.add(Group.objects.get(name="Exchange coordinators"))
        return f"{ACCOUNT}, with the password {password}"
