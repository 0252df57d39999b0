"""What there is to tell on a day, and has not been told."""

from datetime import date, timedelta
from itertools import chain

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Value, When
from django.db.models.functions import TruncDate

from partners.models import Agreement, Reminder, ReminderKind

EXPIRY_THRESHOLDS = {ReminderKind.WITHIN_30: 30, ReminderKind.WITHIN_90: 90, ReminderKind.WITHIN_180: 180}
STALLED_AFTER = timedelta(days=60)


def due_reminders(on: date) -> list[Agreement]:
    """Agreements with their ``matter`` and the day it counts from (``since``), the most urgent first."""
    found = chain.from_iterable(_not_reminded(rows) for rows in (_ending(on), _stalled(on)))
    order = list(ReminderKind)
    return sorted(found, key=lambda each: (order.index(each.matter), each.since, each.university.name_key, each.pk))


def _ending(on: date) -> QuerySet:
    """Each with the most urgent threshold that it has passed. The others are behind it, and so need not be told."""
    ends = {matter: on + timedelta(days) for matter, days in EXPIRY_THRESHOLDS.items()}
    reached = [When(valid_until__lte=end, then=Value(matter)) for matter, end in ends.items()]
    return (
        Agreement.objects.signed()
        .filter(valid_until__lte=max(ends.values()))
        .annotate(
            matter=Case(When(valid_until__lt=on, then=Value(ReminderKind.EXPIRED)), *reached), since=F("valid_until")
        )
    )


def _stalled(on: date) -> QuerySet:
    waiting = Agreement.objects.in_process().with_last_change()
    return waiting.annotate(since=TruncDate("last_changed_at"), matter=Value(ReminderKind.STILL)).filter(
        since__lte=on - STALLED_AFTER
    )


def _not_reminded(agreements: QuerySet) -> QuerySet:
    same = {"agreement": OuterRef("pk"), "matter": OuterRef("matter"), "since": OuterRef("since")}
    shown = ("university__country", "agreement_type", "responsible")
    return agreements.exclude(Exists(Reminder.objects.standing().filter(**same))).with_renewal().select_related(*shown)
