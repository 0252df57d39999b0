"""Choice of a new password by a mailed link.

The response to whoever has forgotten it and its duration are the same for every email address: the mail is sent
afterwards, in a thread.
"""

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from urllib.parse import urlsplit

from django.contrib.auth import forms, views
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from partners.accounts.rate_limits import RateLimit
from partners.accounts.reauthentication import RequestFormMixin
from partners.accounts.security_log import log_event
from partners.http import get_client_network, get_site_url
from partners.models import OfficeSettings

HOUR = 3600
EMAIL_LIMIT = RateLimit("password reset for an address", 3, HOUR)
CLIENT_LIMIT = RateLimit("password reset from a client", 20, HOUR)
mail_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


class PasswordResetForm(RequestFormMixin, forms.PasswordResetForm):
    def clean_email(self):
        """Count the request for this address, whether an account has it or not."""
        email = self.cleaned_data["email"]
        normalized = unicodedata.normalize("NFKC", email).casefold()
        if not (CLIENT_LIMIT.allows(get_client_network(self.request) or "") and EMAIL_LIMIT.allows(normalized)):
            log_event("password_reset_throttled", None, self.request)
            raise ValidationError(
                _(
                    "Too many links were requested for this address, or from where you are. "
                    "Look for an earlier mail, also in the spam folder, or try again in an hour."
                ),
                code="too_many",
            )
        self.users = [*super().get_users(email)]
        return email

    def get_users(self, email):
        """Return users that clean_email() has loaded, as the mail thread has no connection to the database."""
        return self.users


class RedirectWithCallback(HttpResponseRedirect):
    """A redirect that calls a function once the response has been sent."""

    def __init__(self, url, callback):
        super().__init__(url)
        self.callback = callback

    def close(self):
        super().close()
        self.callback()


class PasswordResetView(views.PasswordResetView):
    form_class = PasswordResetForm

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form):
        log_event("password_reset_requested", next(iter(form.users), None), self.request)
        site, office = urlsplit(get_site_url(self.request)), OfficeSettings.objects.current()
        send = partial(
            translation.override(get_language())(form.save),
            domain_override=site.netloc,
            use_https=site.scheme == "https",
            from_email=office.sender,
            extra_email_context={"site_name": office.display_name},
        )
        return RedirectWithCallback(self.get_success_url(), partial(mail_executor.submit, copy_context().run, send))

    def form_invalid(self, form):
        response = super().form_invalid(form)
        if form.has_error("email", "too_many"):
            response.status_code = 429
        return response
