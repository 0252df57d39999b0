"""The change log of the whole register, filtered by model, user and date. An import run is a single entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import models
from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from partners.history.entries import DELETED, HistoryEntry
from partners.history.timeline import TimelineRow, as_timeline_rows, load_entries_by_key, union_by_date
from partners.models import ImportRun
from partners.models.import_runs import UNDO_REASON_PREFIX

RUN, UNDONE = "run", "undone"
MAX_UNDO_DURATION = timedelta(hours=1)
"""Limits the search for the changes of an undo to dates, which are indexed, before their reasons are compared."""

Model = type[models.Model]


@dataclass
class ImportRunEntry:
    """All changes of an import run, or of its undo."""

    run: ImportRun
    is_undo: bool
    counts: list[tuple[Model, int]] = field(default_factory=list)

    @property
    def date(self) -> datetime:
        return self.run.undone_at if self.is_undo else self.run.accepted_at

    @property
    def reason(self) -> str:
        return self.run.undo_history_reason if self.is_undo else self.run.history_reason

    @property
    def count_labels(self) -> list[tuple[str, int]]:
        """Return (model label, number of changes)."""
        names = {True: "verbose_name", False: "verbose_name_plural"}
        return [(str(getattr(model._meta, names[count == 1])), count) for model, count in self.counts]

    @property
    def user(self) -> object:
        return self.run.undone_by if self.is_undo else self.run.user


@dataclass
class ChangeLogQuery:
    """Filter of the change log."""

    models: Sequence[Model]
    condition: Q = field(default_factory=Q)
    """Applies to historical records."""
    since: datetime | None = None
    """Inclusive."""
    before: datetime | None = None
    """Exclusive."""
    deleted_only: bool = False
    """Only deletions, and only of objects that still do not exist."""

    def rows(self) -> QuerySet:
        """Return the timeline rows, newest first."""
        querysets = [as_timeline_rows(self._records(model), model._meta.model_name) for model in self.models]
        return union_by_date(querysets if self.deleted_only else [*querysets, *self._run_rows()])

    def load(self, rows: Iterable[TimelineRow]) -> list[HistoryEntry | ImportRunEntry]:
        """Return the entries in the order of the rows."""
        rows = list(rows)
        entries = load_entries_by_key(rows) | self._load_run_entries(rows)
        return [entries[row[1:]] for row in rows if row[1:] in entries]

    def _records(self, model: Model) -> QuerySet:
        """Return the historical records that are entries of their own, not part of an import run or its undo."""
        records = self._in_date_range(model.history.model.objects.filter(self.condition))
        if self.deleted_only:
            later = model.history.model.objects.filter(id=OuterRef("id"), history_id__gt=OuterRef("history_id"))
            existing = model.objects.filter(pk=OuterRef("id"))
            return records.filter(~Exists(existing), ~Exists(later), history_type=DELETED)
        if model in self._importable_models():
            records = records.filter(import_run=None)
        return records.exclude(history_change_reason__startswith=UNDO_REASON_PREFIX)

    def _in_date_range(self, queryset: QuerySet, date_field: str = "history_date") -> QuerySet:
        if self.since:
            queryset = queryset.filter(**{f"{date_field}__gte": self.since})
        return queryset.filter(**{f"{date_field}__lt": self.before}) if self.before else queryset

    def _importable_models(self) -> list[Model]:
        return [model for model in self.models if hasattr(model.history.model, "import_run")]

    def _run_rows(self) -> list[QuerySet]:
        """Return one queryset of import runs and one of undone runs that changed any of the models."""
        accepted, undone = Q(), Q()
        for model in self._importable_models():
            accepted |= Q(Exists(self._records_of_run(model, import_run=OuterRef("pk"))))
            undone |= Q(Exists(self._records_of_undo(model)))
        if not accepted:
            return []
        runs, date_fields = ImportRun.objects.accepted(), {RUN: "accepted_at", UNDONE: "undone_at"}
        querysets = {RUN: runs.filter(accepted), UNDONE: runs.filter(undone, undone_at__isnull=False)}
        return [
            as_timeline_rows(self._in_date_range(queryset, date_fields[kind]), kind, date_fields[kind])
            for kind, queryset in querysets.items()
        ]

    def _records_of_run(self, model: Model, **conditions: object) -> QuerySet:
        return model.history.model.objects.filter(self.condition, **conditions).order_by()

    def _records_of_undo(self, model: Model) -> QuerySet:
        reason = Concat(Value(UNDO_REASON_PREFIX), Cast(OuterRef("pk"), CharField()), Value(":"))
        return model.history.model.objects.filter(
            self.condition,
            history_date__gt=OuterRef("undone_at") - MAX_UNDO_DURATION,
            history_date__lte=OuterRef("undone_at") + MAX_UNDO_DURATION,
            history_change_reason__startswith=reason,
        )

    def _load_run_entries(self, rows: Iterable[TimelineRow]) -> dict[tuple[int, str], ImportRunEntry]:
        """Return the entries by (pk of the run, kind)."""
        keys = [(pk, kind) for _date, pk, kind in rows if kind in (RUN, UNDONE)]
        runs = (
            ImportRun.objects.defer("content").select_related("user", "undone_by").in_bulk({pk for pk, _kind in keys})
        )
        undone_runs = [runs[pk] for pk, kind in keys if kind == UNDONE]
        counts = {RUN: self._count_by_run(runs), UNDONE: self._count_by_undone_run(undone_runs)}
        entries = {}
        for pk, kind in keys:
            model_counts = [(model, counts[kind][model, pk]) for model in self._importable_models()]
            present = [(model, count) for model, count in model_counts if count]
            entries[pk, kind] = ImportRunEntry(runs[pk], kind == UNDONE, present)
        return entries

    def _count_by_run(self, runs: dict[int, ImportRun]) -> Counter:
        """Count the changes by (model, pk of the run)."""
        counts = Counter()
        for model in self._importable_models() if runs else ():
            records = self._records_of_run(model, import_run__in=runs)
            for pk, count in records.values_list("import_run").annotate(Count("history_id")):
                counts[model, pk] = count
        return counts

    def _count_by_undone_run(self, runs: Sequence[ImportRun]) -> Counter:
        """Count the changes of their undo by (model, pk of the run)."""
        counts = Counter()
        pk_by_reason = {run.undo_history_reason: run.pk for run in runs}
        dates = [run.undone_at for run in runs]
        for model in self._importable_models() if runs else ():
            records = model.history.model.objects.filter(
                self.condition,
                history_date__range=(min(dates) - MAX_UNDO_DURATION, max(dates) + MAX_UNDO_DURATION),
                history_change_reason__in=pk_by_reason,
            )
            for reason, count in records.order_by().values_list("history_change_reason").annotate(Count("history_id")):
                counts[model, pk_by_reason[reason]] = count
        return counts
