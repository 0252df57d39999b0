"""QuerySet of history rows."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, NullIf
from simple_history.manager import HistoricalQuerySet


class HistoryQuerySet(HistoricalQuerySet):
    """History rows of a model. The order is that of their pks, as rows written in bulk have the same date."""

    def with_previous(self, *names: str) -> HistoryQuerySet:
        """Annotate ``previous_<name>``: the values of the object's previous row; None if there is no such row."""
        previous = self.model.objects.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id"))
        previous = previous.order_by("-history_id")
        return self.annotate(**{f"previous_{name}": Subquery(previous.values(name)[:1]) for name in names})

    def latest_of_each(self) -> HistoryQuerySet:
        """Filter to the latest row of each object, deletions included."""
        latest_ids = self.order_by().values("id").annotate(latest_id=Max("history_id")).values("latest_id")
        return self.filter(history_id__in=latest_ids)


def latest_date(*histories: QuerySet) -> NullIf:
    """Return the latest date of the history rows, null if there are none."""
    # On SQLite, the greatest of dates is null if one of them is.
    never = Value(datetime(1, 1, 1, tzinfo=UTC))
    dates = [Subquery(history.order_by("-history_date").values("history_date")[:1]) for history in histories]
    return NullIf(Greatest(*[Coalesce(date, never) for date in dates]), never)
