"""Agreements that are due for a reminder and have had none."""

from datetime import date, timedelta

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Value, When
from django.db.models.functions import TruncDate

from partners.models import Agreement, Reminder, ReminderKind

# Days before the end, the most urgent first.
EXPIRY_THRESHOLDS = {ReminderKind.WITHIN_30: 30, ReminderKind.WITHIN_90: 90, ReminderKind.WITHIN_180: 180}
# Since the last change of the agreement or of its documents.
STALLED_AFTER = timedelta(days=60)


def due_reminders(on: date) -> list[Agreement]:
    """Return agreements annotated with ``reminder_kind`` and ``reference_date``, the most urgent first."""
    reminders = Reminder.objects.active().filter(
        agreement=OuterRef("pk"), kind=OuterRef("reminder_kind"), reference_date=OuterRef("reference_date")
    )
    due = []
    for agreements in (_ending(on), _stalled(on)):
        not_reminded = agreements.exclude(Exists(reminders)).with_renewal()
        due += not_reminded.select_related("university__country", "agreement_type", "responsible")
    return sorted(due, key=_urgency)


def _urgency(agreement: Agreement) -> tuple:
    order = list(ReminderKind).index(agreement.reminder_kind)
    return order, agreement.reference_date, agreement.university.name_key, agreement.pk


def _ending(on: date) -> QuerySet:
    """Annotate only the most urgent threshold that an agreement has passed: the earlier ones no longer matter."""
    ends = {kind: on + timedelta(days) for kind, days in EXPIRY_THRESHOLDS.items()}
    reached = [When(valid_until__lte=end, then=Value(kind)) for kind, end in ends.items()]
    return (
        Agreement.objects.signed()
        .filter(valid_until__lte=max(ends.values()))
        .annotate(
            reminder_kind=Case(When(valid_until__lt=on, then=Value(ReminderKind.EXPIRED)), *reached),
            reference_date=F("valid_until"),
        )
    )


def _stalled(on: date) -> QuerySet:
    return (
        Agreement.objects.in_process()
        .with_last_change()
        .annotate(reference_date=TruncDate("last_changed_at"), reminder_kind=Value(ReminderKind.STALLED))
        .filter(reference_date__lte=on - STALLED_AFTER)
    )
