"""Agreements that end on a day, and the day of the tests of reminders."""

from datetime import date, timedelta

from django.contrib.auth.models import User
from django.db.models import F
from django.utils.timezone import localdate

from partners.models import Reminder
from tests.helpers.factories import AgreementFactory

TODAY = date(2026, 11, 24)
OFFICE = "exchange@partners.example.edu"


def ending(day, name="Marburg", **values):
    return AgreementFactory(university__name=name, valid_until=day, **values)


def add_agreements_ending_today():
    """Add three users with an agreement each."""
    for name in ("ann", "ben", "cem"):
        user = User.objects.create_user(name, f"{name}@example.edu", is_staff=True)
        ending(localdate(), name, responsible=user)


def expire_claims():
    """Make the reminders that a run has claimed and not sent older than its time limit."""
    Reminder.objects.filter(sent_at=None).update(claimed_at=F("claimed_at") - timedelta(minutes=11))
