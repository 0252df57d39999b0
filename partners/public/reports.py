"""A visitor tells the office what is wrong on a page. It becomes a mail, and is kept nowhere here.

The form is guarded without a session, a cookie or anybody else's service: a field that only
programs fill in, a signed moment at which a page with the form was opened, and a limit by the hour.
"""

from hashlib import sha256
from time import time

from django import forms
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.utils.translation import gettext_lazy as _

HOUR = 3600
SOONEST, LATEST = 3, 24 * HOUR
"""Seconds in which nobody has written a report, and after which a page has to be opened anew."""
MOST_FROM_ONE, MOST_IN_ALL = 5, 50
"""Reports in an hour, from one address and from all of them, as addresses are cheap."""


class ReportForm(forms.Form):
    message = forms.CharField(label=_("What is wrong?"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 6}))
    email = forms.EmailField(label=_("Your email address"), required=False, help_text=_("If you would like an answer."))
    nickname = forms.CharField(required=False)
    opened = forms.CharField(required=False)

    def clean(self):
        values = super().clean()
        if values.get("nickname") or not SOONEST <= _seconds_since(values.get("opened", "")) <= LATEST:
            raise forms.ValidationError(_("This could not be sent from here. Please wait a moment, and send it again."))
        return values


def now_opened():
    return signing.dumps(time(), salt=__name__)


def _seconds_since(opened):
    try:
        return time() - signing.loads(opened, salt=__name__)
    except signing.BadSignature:
        return -1


def is_within_limits(address):
    return _count_up(address) <= MOST_FROM_ONE and _count_up("all") <= MOST_IN_ALL


def _count_up(whose):
    """By the hour, so that there is nothing to take back. Whose it was cannot be read from the key."""
    key = "reports:" + sha256(f"{time() // HOUR} {whose}".encode()).hexdigest()
    cache.add(key, 0, 2 * HOUR)
    return cache.incr(key)


def send(university, address, message, email):
    """What a visitor wrote, below the page that it is about."""
    signature = email or "No address to answer to."
    EmailMessage(
        subject=f"Error reported: {university}",
        body=f"{university}, {university.country}\n{address}\n\n{message}\n\n-- \n{signature}\n",
        to=[settings.OFFICE_EMAIL],
        reply_to=[email] if email else [],
    ).send()
