"""Agreements that are due for a reminder and have had none."""

from datetime import date, timedelta

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Value, When
from django.db.models.functions import TruncDate

from partners.models import Agreement, Reminder, ReminderKind

# Days that are left, the most urgent first. None are left on the day itself.
END_THRESHOLDS = {
    ReminderKind.EXPIRED: -1,
    ReminderKind.WITHIN_30: 30,
    ReminderKind.WITHIN_90: 90,
    ReminderKind.WITHIN_180: 180,
}
DUE_THRESHOLDS = {ReminderKind.OVERDUE: -1, ReminderKind.DUE_WITHIN_7: 7, ReminderKind.DUE_WITHIN_30: 30}
# Since the last change of the agreement or of its documents.
STALLED_AFTER = timedelta(days=60)


def due_reminders(on: date) -> list[Agreement]:
    """Return agreements annotated with ``reminder_kind`` and ``reference_date``, the most urgent first."""
    reminders = Reminder.objects.active().filter(
        agreement=OuterRef("pk"), kind=OuterRef("reminder_kind"), reference_date=OuterRef("reference_date")
    )
    due = []
    ending = _within(Agreement.objects.signed().not_followed(), "valid_until", END_THRESHOLDS, on)
    in_process = Agreement.objects.in_process()
    to_be_done = _within(in_process, "due_on", DUE_THRESHOLDS, on)
    last_change = {"reference_date": TruncDate("last_changed_at"), "reminder_kind": Value(ReminderKind.STALLED)}
    unchanged = in_process.with_last_change().annotate(**last_change)
    stalled = unchanged.filter(reference_date__lte=on - STALLED_AFTER)
    for agreements in (ending, to_be_done, stalled):
        not_reminded = agreements.exclude(Exists(reminders)).with_renewal()
        due += not_reminded.select_related("university__country", "agreement_type", "responsible")
    kinds = list(ReminderKind)
    return sorted(due, key=lambda a: (kinds.index(a.reminder_kind), a.reference_date, a.university.name_key, a.pk))


def _within(agreements: QuerySet, field: str, thresholds: dict[ReminderKind, int], on: date) -> QuerySet:
    """Annotate only the most urgent threshold that the date in the field has passed: the others no longer matter."""
    limits = {kind: on + timedelta(days) for kind, days in thresholds.items()}
    passed = [When(**{f"{field}__lte": limit}, then=Value(kind)) for kind, limit in limits.items()]
    within = agreements.filter(**{f"{field}__lte": max(limits.values())})
    return within.annotate(reminder_kind=Case(*passed), reference_date=F(field))
