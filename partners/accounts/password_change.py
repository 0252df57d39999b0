"""Password change that counts wrong current passwords as failed logins."""

from django.contrib.admin.forms import AdminPasswordChangeForm
from django.core.exceptions import ValidationError

from partners.accounts.reauthentication import is_own_password
from partners.accounts.security_log import log_event


class PasswordChangeForm(AdminPasswordChangeForm):
    def __init__(self, *args, request, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self):
        password = self.cleaned_data["old_password"]
        if not is_own_password(self.request, password):
            log_event("password_change_failed", self.user, self.request)
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password
