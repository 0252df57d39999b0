"""What the office has been told of, so that it is told once."""

from datetime import timedelta

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from partners.models.agreements import Agreement

CLAIM_TIMEOUT = timedelta(minutes=10)
"""More than sending one mail can take, so that an older claim without its mail is of a run that died."""


class ReminderKind(models.TextChoices):
    EXPIRED = "expired", _("Expired")
    WITHIN_30 = "30", _("Ending within 30 days")
    WITHIN_90 = "90", _("Ending within 90 days")
    WITHIN_180 = "180", _("Ending within 180 days")
    STILL = "still", _("Not moved for 60 days")


class ReminderQuerySet(models.QuerySet):
    def standing(self):
        return self.exclude(self._stale_q())

    def stale(self):
        return self.filter(self._stale_q())

    def pending(self):
        return self.standing().filter(sent_at=None)

    def _stale_q(self):
        return Q(sent_at=None, claimed_at__lt=now() - CLAIM_TIMEOUT)


class Reminder(models.Model):
    """One matter of one agreement, claimed before its mail is sent, and told once the mail server has it.

    The constraint lets only one of several runs claim it, and an end that is moved is a matter of its own.
    """

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="reminders")
    matter = models.CharField(max_length=10, choices=ReminderKind)
    since = models.DateField(help_text=_("The end that it is about, or the last movement."))
    mail = models.UUIDField(db_index=True, help_text=_("Also the mail's Message-ID."))
    recipient = models.EmailField()
    claimed_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = [UniqueConstraint(fields=["agreement", "matter", "since"], name="reminder_of_a_matter_once")]

    def __str__(self):
        return f"{self.agreement}: {self.get_matter_display()}"
