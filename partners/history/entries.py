"""What a row of history tells: of what, who, when, why, and what became different."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from partners.history.diff import FieldChange, diff_records
from partners.history.related_objects import RelatedObjects, tracked_model

ADDED, CHANGED, DELETED = "+", "~", "-"
ACTION_LABELS = {ADDED: _("added"), CHANGED: _("changed"), DELETED: _("deleted")}


@dataclass
class HistoryEntry:
    """A row of history, told."""

    record: models.Model
    title: str
    verb: str
    differences: list[FieldChange] = field(default_factory=list)

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
    def kind(self) -> str:
        return capfirst(str(self.opts.verbose_name))

    @property
    def who(self) -> str:
        return str(self.record.history_user or _("the command line"))

    @property
    def reason(self) -> str:
        return self.record.history_change_reason or ""

    @property
    def run_id(self) -> int | None:
        return getattr(self.record, "import_run_id", None)


def load_entries(model: type[models.Model], ids: Iterable[int]) -> list[HistoryEntry]:
    """The rows of a model's history with these numbers, with the same few queries for one and for hundreds."""
    history = model.history.model.objects
    earlier = history.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id")).order_by("-history_id")
    records = list(
        history.filter(history_id__in=ids)
        .select_related("history_user")
        .annotate(before_id=Subquery(earlier.values("history_id")[:1]))
    )
    befores = history.in_bulk({record.before_id for record in records} - {None})
    return _build_entries(records, befores)


def _build_entries(records: Sequence[models.Model], befores: dict[int, models.Model]) -> list[HistoryEntry]:
    related = RelatedObjects([*records, *befores.values()])
    return [_build_entry(record, befores.get(record.before_id), related) for record in records]


def _build_entry(record: models.Model, before: models.Model | None, related: RelatedObjects) -> HistoryEntry:
    entry = HistoryEntry(record, related.title(record), ACTION_LABELS[record.history_type])
    if record.history_type == CHANGED:
        entry.differences = diff_records(before, record, related) if before else []
        entry.verb = _action_label(before, entry.differences)
    elif record.history_type == ADDED and before:
        entry.verb = _("brought back")
    return entry


def _action_label(before: models.Model | None, differences: list[FieldChange]) -> str:
    if before is None:
        return _("changed; history does not know from what")
    return ACTION_LABELS[CHANGED] if differences else _("saved without a change")
