from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from partners.accounts.mfa import remove_mfa
from partners.accounts.security_log import log_event


class Command(BaseCommand):
    help = "Remove the second factor of an account whose phone and recovery codes are lost."

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, username, **options):
        user = User.objects.filter(username=username).first()
        if not user:
            raise CommandError(f"There is no account “{username}”.")
        remove_mfa(user)
        user.sessions.all().delete()
        log_event("mfa_disabled", user)
        self.stdout.write(f"“{username}” signs in with the password alone, until a second factor is set up again.")
