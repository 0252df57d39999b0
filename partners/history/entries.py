"""History entries: historical records with their titles, actions and field changes, for display.

A timeline lists changes of several models, newest first. The database merges them as narrow rows (date, pk, kind),
and only those of one page are then loaded in full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.apps import apps
from django.db import models
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.options import Options
from django.utils.translation import gettext_lazy as _

from partners.history.diff import FieldChange, diff
from partners.history.related_objects import RelatedObjects
from partners.models import Agreement, Mobility

ADDED, CHANGED, DELETED = "+", "~", "-"
ACTION_LABELS = {ADDED: _("added"), CHANGED: _("changed"), DELETED: _("deleted")}

TimelineRow = tuple[object, int, str]
"""Date, pk, and kind, which is the model name if the row is a historical record."""


@dataclass
class HistoryEntry:
    record: models.Model
    opts: Options
    """Options of the model whose history the record belongs to."""
    title: str
    action: str
    field_changes: list[FieldChange]
    agreement: str = ""
    """Title of a mobility's agreement."""

    @property
    def names_run(self) -> bool:
        """Return True if the reason names the run of the change, as that of an import does."""
        run_id = getattr(self.record, "run_id", None)
        return run_id is not None and self.record.history_change_reason.startswith(f"run {run_id}:")


def load_entries(model: type[models.Model], ids: Iterable[int]) -> list[HistoryEntry]:
    """Return entries for the history ids; the number of queries does not depend on how many."""
    records = list(model.history.filter(history_id__in=ids).select_related("history_user").with_previous("history_id"))
    previous_records = model.history.in_bulk({record.previous_history_id for record in records} - {None})
    related = RelatedObjects([*records, *previous_records.values()])
    entries = []
    for record in records:
        previous = previous_records.get(record.previous_history_id)
        is_change = previous and record.history_type == CHANGED
        field_changes = diff(previous, record, related=related) if is_change else []
        action = _action_label(record, previous, field_changes)
        agreement = related.display_name((Agreement, record.agreement_id)) if model is Mobility else ""
        entries.append(HistoryEntry(record, model._meta, related.title(record), action, field_changes, agreement))
    return entries


def _action_label(record: models.Model, previous: models.Model | None, field_changes: list[FieldChange]) -> str:
    if record.history_type == ADDED and previous:
        return _("brought back")
    if record.history_type == CHANGED and previous is None:
        return _("changed; history does not know from what")
    if record.history_type == CHANGED and not field_changes:
        return _("saved without a change")
    return ACTION_LABELS[record.history_type]


def tracked_models() -> list[type[models.Model]]:
    return [model for model in apps.get_app_config("partners").get_models() if hasattr(model, "history")]


def merge_by_date(sources: Iterable[tuple[QuerySet, str, str]]) -> QuerySet:
    """Return the timeline rows of the sources, newest first. A source is a queryset, its kind and its date field."""
    querysets = []
    for queryset, kind, date_field in sources:
        columns = {"row_date": F(date_field), "row_pk": F("pk"), "row_kind": Value(kind, CharField())}
        querysets.append(queryset.order_by().annotate(**columns).values_list(*columns))
    first, *others = querysets
    return first.union(*others, all=True).order_by("-row_date", "-row_pk", "row_kind")


def object_timeline(model: type[models.Model], pk: int, foreign_keys: Iterable[models.ForeignKey] = ()) -> QuerySet:
    """Return the changes of an object, and of objects that referred to it at the time by one of the foreign keys.

    The change by which such an object moved to another parent is included, but none after it. Agreements have their
    mobilities with them.
    """
    sources = [(model.history.filter(id=pk), model._meta.model_name, "history_date")]
    for foreign_key in foreign_keys:
        name, history = foreign_key.attname, foreign_key.model.history
        is_child, was_child = Q(**{name: pk}), Q(**{f"previous_{name}": pk})
        records = history.filter(id__in=history.filter(is_child).values("id")).with_previous(name)
        sources.append((records.filter(is_child | was_child), foreign_key.model._meta.model_name, "history_date"))
        if foreign_key.model is Agreement:
            sources.append((_mobility_records(name, pk), Mobility._meta.model_name, "history_date"))
    return merge_by_date(sources)


def _mobility_records(name: str, pk: int) -> QuerySet:
    """Return the records of mobilities whose agreement had this foreign key at the time."""
    agreements = Agreement.history.filter(**{name: pk}).values("id")
    versions = Agreement.history.filter(id=OuterRef("agreement_id"), history_date__lte=OuterRef("history_date"))
    value_then = versions.order_by("-history_date", "-history_id").values(name)[:1]
    return Mobility.history.filter(agreement_id__in=agreements).alias(then=Subquery(value_then)).filter(then=pk)


def load_timeline_entries(
    rows: Iterable[TimelineRow], others: Mapping[tuple[int, str], object] = MappingProxyType({})
) -> list:
    """Return the entries in the order of the rows. `others` are entries of other kinds than models, by (pk, kind)."""
    rows = list(rows)
    ids = defaultdict(list)
    for _date, pk, kind in rows:
        ids[kind].append(pk)
    entries = dict(others)
    for model in tracked_models():
        kind = model._meta.model_name
        if ids[kind]:
            entries |= {(entry.record.history_id, kind): entry for entry in load_entries(model, ids[kind])}
    return [entries[pk, kind] for _date, pk, kind in rows if (pk, kind) in entries]
