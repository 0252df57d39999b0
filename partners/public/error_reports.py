"""Error reports by visitors: a form whose message is mailed to the office and not stored.

Spam protection needs neither session, cookie nor third-party service: a honeypot field, a signed
timestamp of when the form was opened, and hourly rate limits.
"""

from time import time

from django import forms
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.utils.translation import gettext_lazy as _

from partners.accounts.rate_limits import RateLimit

HOUR = 3600
MIN_FORM_AGE, MAX_FORM_AGE = 3, 24 * HOUR
"""Seconds. No person writes a report faster than the minimum; after the maximum the form has expired."""
CLIENT_LIMIT, TOTAL_LIMIT = RateLimit("report", 5, HOUR), RateLimit("all reports", 50, HOUR)
"""Per client network, and for all of them together, as addresses are cheap."""


class ReportForm(forms.Form):
    message = forms.CharField(label=_("What is wrong?"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 6}))
    email = forms.EmailField(label=_("Your email address"), required=False, help_text=_("If you would like an answer."))
    nickname = forms.CharField(required=False)
    opened = forms.CharField(required=False)

    def clean(self):
        values = super().clean()
        if values.get("nickname") or not MIN_FORM_AGE <= _seconds_since(values.get("opened", "")) <= MAX_FORM_AGE:
            raise forms.ValidationError(_("This could not be sent from here. Please wait a moment, and send it again."))
        return values


def signed_timestamp(opened=""):
    """Return the signed timestamp for a form to be rendered; ``opened`` is that of the submitted form.

    A valid one is reused, and an expired one is replaced by one of the minimum age, so that a corrected form
    can be submitted at once.
    """
    seconds = _seconds_since(opened)
    if 0 <= seconds <= MAX_FORM_AGE:
        return opened
    return signing.dumps(time() - (MIN_FORM_AGE if seconds > MAX_FORM_AGE else 0), salt=__name__)


def _seconds_since(opened):
    try:
        return time() - signing.loads(opened, salt=__name__)
    except signing.BadSignature:
        return -1


def check_rate_limit(client):
    """Count a report of a client network; return False if a limit is reached.

    Once the total limit is reached, no client is counted any more, so that the table stays small.
    """
    return not TOTAL_LIMIT.is_reached() and CLIENT_LIMIT.allows(client) and TOTAL_LIMIT.allows()


def send_report(university, url, message, email):
    signature = email or "No address to answer to."
    EmailMessage(
        subject=f"Error reported: {university}",
        body=f"{university}, {university.country}\n{url}\n\n{message}\n\n-- \n{signature}\n",
        to=[settings.OFFICE_EMAIL],
        reply_to=[email] if email else [],
    ).send()
