"""What there is to tell on a day, and has not been told."""

from datetime import date, timedelta
from itertools import chain

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Value, When
from django.db.models.functions import TruncDate

from partners.models import Agreement, Matter, Reminder

BEFORE_THE_END = {Matter.WITHIN_30: 30, Matter.WITHIN_90: 90, Matter.WITHIN_180: 180}
STILL_AFTER = timedelta(days=60)


def untold(on: date) -> list[Agreement]:
    """Agreements with their ``matter`` and the day it counts from (``since``), the most urgent first."""
    found = chain.from_iterable(_not_told(rows) for rows in (_ending(on), _standing_still(on)))
    order = list(Matter)
    return sorted(found, key=lambda each: (order.index(each.matter), each.since, each.university.name_key, each.pk))


def _ending(on: date) -> QuerySet:
    """Each with the most urgent threshold that it has passed. The others are behind it, and so need not be told."""
    ends = {matter: on + timedelta(days) for matter, days in BEFORE_THE_END.items()}
    reached = [When(valid_until__lte=end, then=Value(matter)) for matter, end in ends.items()]
    return (
        Agreement.objects.signed()
        .filter(valid_until__lte=max(ends.values()))
        .annotate(matter=Case(When(valid_until__lt=on, then=Value(Matter.EXPIRED)), *reached), since=F("valid_until"))
    )


def _standing_still(on: date) -> QuerySet:
    waiting = Agreement.objects.in_process().with_last_movement()
    return waiting.annotate(since=TruncDate("moved_at"), matter=Value(Matter.STILL)).filter(since__lte=on - STILL_AFTER)


def _not_told(agreements: QuerySet) -> QuerySet:
    same = {"agreement": OuterRef("pk"), "matter": OuterRef("matter"), "since": OuterRef("since")}
    shown = ("university__country", "agreement_type", "responsible")
    return agreements.exclude(Exists(Reminder.objects.standing().filter(**same))).with_renewal().select_related(*shown)
