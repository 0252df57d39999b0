"""Invitations: mails with a link to choose one's password, and the log of them."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from partners.accounts.backends import uses_oidc
from partners.accounts.password_reset import build_mail_options
from partners.accounts.security_log import log_event

LOGGED_BEFORE_ADDRESS = "Invited by mail to "
INVITATION_TEMPLATES = {
    "subject_template_name": "admin/accounts/invitation_subject.txt",
    "email_template_name": "admin/accounts/invitation.txt",
}


class Invitation(NamedTuple):
    email: str
    sent_at: datetime

    @property
    def valid_until(self) -> datetime:
        return self.sent_at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


class InvitationForm(PasswordResetForm):
    """A password reset for one user; Django's form mails every user of an email address."""

    def __init__(self, user):
        super().__init__({"email": user.email})
        self.user = user

    def get_users(self, email):
        return [self.user]

    def send_mail(self, subject_template_name, email_template_name, context, from_email, to_email, **kwargs):
        """Send the mail. Raise OSError if that fails, which Django's form only logs."""
        subject = " ".join(render_to_string(subject_template_name, context).split())
        EmailMessage(subject, render_to_string(email_template_name, context), from_email, [to_email]).send()


def can_be_invited(user):
    return user.is_active and bool(user.email) and not uses_oidc(user)


def send_invitation(request, user):
    """Mail a user a link to choose the password, so that nobody else knows it. Raise OSError if the mail fails."""
    form = InvitationForm(user)
    form.full_clean()
    form.save(**build_mail_options(request), **INVITATION_TEMPLATES)
    log_event("invitation_sent", request.user, request, target=user.get_username())
    message = f"{LOGGED_BEFORE_ADDRESS}{user.email}"
    LogEntry.objects.log_actions(request.user.pk, [user], CHANGE, change_message=message, single_object=True)


def find_latest_invitation(user) -> Invitation | None:
    """Return the latest invitation that was sent, as the admin's log has it."""
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    entry = entries.filter(change_message__startswith=LOGGED_BEFORE_ADDRESS).first()
    return entry and Invitation(entry.change_message.removeprefix(LOGGED_BEFORE_ADDRESS), entry.action_time)
