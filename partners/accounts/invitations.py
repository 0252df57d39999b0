"""Invitations: new users choose their password by a mailed link, so that nobody else knows it."""

from django.contrib.auth.forms import PasswordResetForm

from partners.accounts.password_reset import email_link_options
from partners.accounts.security_log import log_event

EMAIL_TEMPLATES = {
    "subject_template_name": "admin/accounts/invitation_subject.txt",
    "email_template_name": "admin/accounts/invitation.txt",
}


class InvitationForm(PasswordResetForm):
    """A password reset for one user; Django's form mails every user of an email address."""

    def __init__(self, user):
        super().__init__({"email": user.email})
        self.user = user

    def get_users(self, email):
        return [self.user]


def send_invitation(request, user):
    form = InvitationForm(user)
    form.full_clean()
    form.save(**email_link_options(request), **EMAIL_TEMPLATES)
    log_event("invitation_sent", request.user, request, target=user.get_username())
