"""The changes of several models in one order, newest first.

The database merges them as slim rows (when, number, kind). Only those of one page are then read in full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.apps import apps
from django.db import models
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Value

from partners.history.entries import HistoryEntry, load_entries

TimelineRow = tuple[object, int, str]
"""When, the number of the row in its table, and its kind: the name of its model, for a row of history."""


def tracked_models() -> list[type[models.Model]]:
    return [model for model in apps.get_app_config("partners").get_models() if hasattr(model, "history")]


def as_timeline_rows(rows: QuerySet, kind: str, moment: str = "history_date") -> QuerySet:
    told = {"moment": F(moment), "number": F("pk"), "row_kind": Value(kind, CharField())}
    return rows.order_by().annotate(**told).values_list("moment", "number", "row_kind")


def union_by_date(parts: Iterable[QuerySet]) -> QuerySet:
    first, *rest = parts
    return first.union(*rest, all=True).order_by("-moment", "-number", "row_kind")


def object_timeline(model: type[models.Model], pk: int, parts: Iterable[models.ForeignKey] = ()) -> QuerySet:
    """The changes of one object, and of what was part of it at the time by one of the foreign keys."""
    records = model.history.model.objects.filter(id=pk)
    return union_by_date(
        [as_timeline_rows(records, model._meta.model_name), *(_parts_timeline(field, pk) for field in parts)]
    )


def _parts_timeline(field: models.ForeignKey, pk: int) -> QuerySet:
    """What has moved elsewhere told it by the change with which it did."""
    history = field.model.history.model.objects
    ever = history.filter(**{field.name: pk}).values("id")
    earlier = history.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id")).order_by("-history_id")
    records = history.filter(id__in=ever).annotate(whose=Subquery(earlier.values(field.attname)[:1]))
    return as_timeline_rows(records.filter(Q(**{field.name: pk}) | Q(whose=pk)), field.model._meta.model_name)


def load_timeline_entries(rows: Iterable[TimelineRow]) -> list[HistoryEntry]:
    """The rows of history in full, in their order."""
    rows = list(rows)
    found = load_entries_by_key(rows)
    return [found[row[1:]] for row in rows if row[1:] in found]


def load_entries_by_key(rows: Iterable[TimelineRow]) -> dict[tuple[int, str], HistoryEntry]:
    """The rows of history in full, by number and kind."""
    ids, found = defaultdict(list), {}
    for _moment, number, kind in rows:
        ids[kind].append(number)
    for model in tracked_models():
        kind = model._meta.model_name
        if ids[kind]:
            found |= {(entry.record.history_id, kind): entry for entry in load_entries(model, ids[kind])}
    return found
