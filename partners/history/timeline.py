"""Changes of several models in one list, newest first.

The database merges them as narrow rows (date, pk, kind). Only those of one page are then loaded in full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.apps import apps
from django.db import models
from django.db.models import CharField, F, Q, QuerySet, Value

from partners.history.entries import HistoryEntry, load_entries

TimelineRow = tuple[object, int, str]
"""Date, pk, and kind, which is the model name if the row is a historical record."""


def tracked_models() -> list[type[models.Model]]:
    return [model for model in apps.get_app_config("partners").get_models() if hasattr(model, "history")]


def as_timeline_rows(queryset: QuerySet, kind: str, date_field: str = "history_date") -> QuerySet:
    columns = {"row_date": F(date_field), "row_pk": F("pk"), "row_kind": Value(kind, CharField())}
    return queryset.order_by().annotate(**columns).values_list(*columns)


def union_by_date(querysets: Iterable[QuerySet]) -> QuerySet:
    first, *others = querysets
    return first.union(*others, all=True).order_by("-row_date", "-row_pk", "row_kind")


def object_timeline(model: type[models.Model], pk: int, foreign_keys: Iterable[models.ForeignKey] = ()) -> QuerySet:
    """Return the changes of an object, and of objects that referred to it at the time by one of the foreign keys."""
    records = model.history.filter(id=pk)
    children = (_children_timeline(foreign_key, pk) for foreign_key in foreign_keys)
    return union_by_date([as_timeline_rows(records, model._meta.model_name), *children])


def _children_timeline(foreign_key: models.ForeignKey, pk: int) -> QuerySet:
    """Include the change by which a child moved to another parent, but none after it."""
    name, attname, history = foreign_key.name, foreign_key.attname, foreign_key.model.history
    ever_children = history.filter(**{name: pk}).values("id")
    records = history.filter(id__in=ever_children).with_previous(attname)
    records = records.filter(Q(**{name: pk}) | Q(**{f"previous_{attname}": pk}))
    return as_timeline_rows(records, foreign_key.model._meta.model_name)


def load_timeline_entries(rows: Iterable[TimelineRow]) -> list[HistoryEntry]:
    """Return the entries in the order of the rows."""
    rows = list(rows)
    entries = load_entries_by_key(rows)
    return [entries[row[1:]] for row in rows if row[1:] in entries]


def load_entries_by_key(rows: Iterable[TimelineRow]) -> dict[tuple[int, str], HistoryEntry]:
    """Return the entries by (history id, model name). Rows of another kind are ignored."""
    ids, entries = defaultdict(list), {}
    for _date, pk, kind in rows:
        ids[kind].append(pk)
    for model in tracked_models():
        kind = model._meta.model_name
        if ids[kind]:
            entries |= {(entry.record.history_id, kind): entry for entry in load_entries(model, ids[kind])}
    return entries
