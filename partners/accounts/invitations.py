"""Invitations: mails with a link to choose one's password, and the log of them."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.contrib.contenttypes.models import ContentType
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from partners.accounts.backends import uses_oidc
from partners.accounts.security_log import log_event
from partners.http import get_site_url
from partners.models import OfficeSettings

LOGGED_BEFORE_ADDRESS = "Invited by mail to "


class Invitation(NamedTuple):
    email: str
    sent_at: datetime

    @property
    def valid_until(self) -> datetime:
        return self.sent_at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def can_be_invited(user):
    return user.is_active and bool(user.email) and not uses_oidc(user)


def send_invitation(request, user):
    """Mail a user a link to choose the password, so that nobody else knows it. Raise OSError if the mail fails."""
    office = OfficeSettings.objects.current()
    context = {
        "user": user,
        "site_name": office.display_name,
        "site_url": get_site_url(request),
        "uid": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": default_token_generator.make_token(user),
    }
    subject = " ".join(render_to_string("admin/accounts/invitation_subject.txt", context).split())
    body = render_to_string("admin/accounts/invitation.txt", context)
    EmailMessage(subject, body, office.sender, [user.email]).send()
    log_event("invitation_sent", request.user, request, target=user.get_username())
    message = f"{LOGGED_BEFORE_ADDRESS}{user.email}"
    LogEntry.objects.log_actions(request.user.pk, [user], CHANGE, change_message=message, single_object=True)


def find_latest_invitation(user) -> Invitation | None:
    """Return the latest invitation that was sent, as the admin's log has it."""
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    entry = entries.filter(change_message__startswith=LOGGED_BEFORE_ADDRESS).first()
    return entry and Invitation(entry.change_message.removeprefix(LOGGED_BEFORE_ADDRESS), entry.action_time)
