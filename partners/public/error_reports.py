"""A visitor tells the office what is wrong on a page. It becomes a mail, and is kept nowhere here.

The form is guarded without a session, a cookie or anybody else's service: a field that only
programs fill in, a signed moment at which a page with the form was opened, and a limit by the hour.
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
"""Seconds in which nobody has written a report, and after which a page has to be opened anew."""
ADDRESS_LIMIT, TOTAL_LIMIT = RateLimit("report", 5, HOUR), RateLimit("all reports", 50, HOUR)
"""Addresses are cheap, so that there is a limit for all of them as well."""


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


def renew_opened(opened=""):
    """Return the signed moment for the next form. Who corrects a refused one has not just begun, and does not wait."""
    seconds = _seconds_since(opened)
    if 0 <= seconds <= MAX_FORM_AGE:
        return opened
    return signing.dumps(time() - (MIN_FORM_AGE if seconds > MAX_FORM_AGE else 0), salt=__name__)


def _seconds_since(opened):
    try:
        return time() - signing.loads(opened, salt=__name__)
    except signing.BadSignature:
        return -1


def check_rate_limit(address):
    """Count a report. Once all addresses have had theirs, none is counted any more, and the table stays small."""
    return not TOTAL_LIMIT.is_reached() and ADDRESS_LIMIT.allows(address) and TOTAL_LIMIT.allows()


def send_report(university, address, message, email):
    """What a visitor wrote, below the page that it is about."""
    signature = email or "No address to answer to."
    EmailMessage(
        subject=f"Error reported: {university}",
        body=f"{university}, {university.country}\n{address}\n\n{message}\n\n-- \n{signature}\n",
        to=[settings.OFFICE_EMAIL],
        reply_to=[email] if email else [],
    ).send()
