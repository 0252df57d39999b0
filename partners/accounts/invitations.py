"""A new account's person chooses the password, by the link that a forgotten one is reset with: nobody else knows it."""

from django.contrib.auth.forms import PasswordResetForm

from partners.accounts.password_reset import link_options
from partners.accounts.security_log import log_event

EMAIL_TEMPLATES = {
    "subject_template_name": "admin/accounts/invitation_subject.txt",
    "email_template_name": "admin/accounts/invitation.txt",
}


class InvitationForm(PasswordResetForm):
    """For one account: the reset finds those of an address."""

    def __init__(self, account):
        super().__init__({"email": account.email})
        self.account = account

    def get_users(self, email):
        return [self.account]


def send_invitation(request, account):
    form = InvitationForm(account)
    form.full_clean()
    form.save(**link_options(request), **EMAIL_TEMPLATES)
    log_event("invited", request.user, request, whose=account.get_username())
