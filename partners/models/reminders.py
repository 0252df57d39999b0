"""Reminders that were sent, so that each is sent once."""

from datetime import timedelta

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from partners.models.agreements import Agreement

# Longer than sending one mail can take: an older claim that was not sent is of a run that died.
CLAIM_TIMEOUT = timedelta(minutes=10)


class ReminderKind(models.TextChoices):
    EXPIRED = "expired", _("Expired")
    OVERDUE = "overdue", _("Overdue")
    DUE_WITHIN_7 = "due-7", _("To be done within 7 days")
    WITHIN_30 = "30", _("Ending within 30 days")
    DUE_WITHIN_30 = "due-30", _("To be done within 30 days")
    WITHIN_90 = "90", _("Ending within 90 days")
    WITHIN_180 = "180", _("Ending within 180 days")
    STALLED = "stalled", _("Not moved for 60 days")


class ReminderQuerySet(models.QuerySet):
    def active(self):
        return self.filter(Q(sent_at__isnull=False) | Q(claimed_at__gte=now() - CLAIM_TIMEOUT))

    def stale(self):
        return self.filter(sent_at=None, claimed_at__lt=now() - CLAIM_TIMEOUT)


class Reminder(models.Model):
    """A reminder of one kind about one agreement: claimed before its mail is sent, then marked as sent.

    The constraint lets only one of several runs claim it. If the end of the agreement moves, or the day
    by which it should be done, so does ``reference_date``, and another reminder becomes due.
    """

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=10, choices=ReminderKind)
    reference_date = models.DateField(help_text=_("The end, the day by which it should be done, or the last change."))
    message_id = models.UUIDField(db_index=True, help_text=_("Also the mail's Message-ID."))
    recipient = models.EmailField()
    claimed_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = [UniqueConstraint(fields=["agreement", "kind", "reference_date"], name="reminder_unique")]

    def __str__(self):
        return f"{self.agreement}: {self.get_kind_display()}"
