"""History entries: a historical record with its title, action and field changes, for display."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from partners.history.diff import FieldChange, diff
from partners.history.related_objects import RelatedObjects, tracked_model

ADDED, CHANGED, DELETED = "+", "~", "-"
ACTION_LABELS = {ADDED: _("added"), CHANGED: _("changed"), DELETED: _("deleted")}


@dataclass
class HistoryEntry:
    record: models.Model
    title: str
    action: str
    field_changes: list[FieldChange] = field(default_factory=list)

    @property
    def model(self) -> type[models.Model]:
        return tracked_model(self.record)

    @property
    def opts(self):
        return self.model._meta

    @property
    def model_name(self) -> str:
        return self.opts.model_name

    @property
    def model_label(self) -> str:
        return capfirst(str(self.opts.verbose_name))

    @property
    def user_display(self) -> str:
        return str(self.record.history_user or _("the command line"))

    @property
    def reason(self) -> str:
        return self.record.history_change_reason or ""

    @property
    def run_id(self) -> int | None:
        return getattr(self.record, "import_run_id", None)


def load_entries(model: type[models.Model], ids: Iterable[int]) -> list[HistoryEntry]:
    """Return entries for the history ids; the number of queries does not depend on how many."""
    records = list(model.history.filter(history_id__in=ids).select_related("history_user").with_previous("history_id"))
    previous_records = model.history.in_bulk({record.previous_history_id for record in records} - {None})
    return _build_entries(records, previous_records)


def _build_entries(records: Sequence[models.Model], previous_records: dict[int, models.Model]) -> list[HistoryEntry]:
    related = RelatedObjects([*records, *previous_records.values()])
    return [_build_entry(record, previous_records.get(record.previous_history_id), related) for record in records]


def _build_entry(record: models.Model, previous: models.Model | None, related: RelatedObjects) -> HistoryEntry:
    entry = HistoryEntry(record, related.title(record), ACTION_LABELS[record.history_type])
    if record.history_type == CHANGED:
        entry.field_changes = diff(previous, record, related=related) if previous else []
        entry.action = _action_label(previous, entry.field_changes)
    elif record.history_type == ADDED and previous:
        entry.action = _("brought back")
    return entry


def _action_label(previous: models.Model | None, field_changes: list[FieldChange]) -> str:
    if previous is None:
        return _("changed; history does not know from what")
    return ACTION_LABELS[CHANGED] if field_changes else _("saved without a change")
