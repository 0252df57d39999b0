"""The change log of the whole register, filtered by model, user and date. A run is a single entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.db.models.options import Options

from partners.history.entries import (
    DELETED,
    HistoryEntry,
    TimelineRow,
    load_timeline_entries,
    merge_by_date,
)
from partners.models import Run
from partners.models.renewals import EFFECT_OF_RENEWAL
from partners.models.runs import UNDO_REASON_PREFIX

RUN, UNDONE = "run", "undone"
MAX_UNDO_DURATION = timedelta(hours=1)
"""Limits the search for the changes of an undo to dates, which are indexed, before their reasons are compared."""

Model = type[models.Model]


@dataclass
class RunEntry:
    """All changes of a run, or of its undo."""

    run: Run
    is_undo: bool
    date: datetime
    user: AbstractBaseUser | None
    reason: str
    counts: list[tuple[Options, int]]
    """Numbers of changes, with the options of the models."""


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
        sources = [(self._records(model), model._meta.model_name, "history_date") for model in self.models]
        return merge_by_date(sources if self.deleted_only else [*sources, *self._run_sources()])

    def load(self, rows: Iterable[TimelineRow]) -> list[HistoryEntry | RunEntry]:
        """Return the entries in the order of the rows."""
        rows = list(rows)
        keys = [(pk, kind) for _date, pk, kind in rows if kind in (RUN, UNDONE)]
        runs = Run.objects.defer("content").select_related("user", "undone_by").in_bulk({pk for pk, _ in keys})
        counts = self._count_changes(runs, [runs[pk] for pk, kind in keys if kind == UNDONE])
        run_entries = {}
        for pk, kind in keys:
            run, run_counts = runs[pk], counts[pk, kind]
            values = (run.accepted_at, run.user, run.history_reason)
            if kind == UNDONE:
                values = (run.undone_at, run.undone_by, run.undo_history_reason)
            run_entries[pk, kind] = RunEntry(run, kind == UNDONE, *values, run_counts)
        return load_timeline_entries(rows, run_entries)

    def _records(self, model: Model) -> QuerySet:
        """Return the historical records that are entries of their own, not part of a run or its undo."""
        records = self._in_date_range(model.history.filter(self.condition))
        if self.deleted_only:
            later = model.history.filter(id=OuterRef("id"), history_id__gt=OuterRef("history_id"))
            existing = model.objects.filter(pk=OuterRef("id"))
            return records.filter(~Exists(existing), ~Exists(later), history_type=DELETED)
        if model in self._importable_models():
            records = records.filter(run=None)
        return records.exclude(history_change_reason__startswith=UNDO_REASON_PREFIX)

    def _in_date_range(self, queryset: QuerySet, date_field: str = "history_date") -> QuerySet:
        if self.since:
            queryset = queryset.filter(**{f"{date_field}__gte": self.since})
        return queryset.filter(**{f"{date_field}__lt": self.before}) if self.before else queryset

    def _importable_models(self) -> list[Model]:
        return [model for model in self.models if hasattr(model.history.model, "run")]

    def _run_sources(self) -> list[tuple[QuerySet, str, str]]:
        """Return one timeline source of runs and one of undone runs that changed any of the models."""
        reason = Concat(Value(UNDO_REASON_PREFIX), Cast(OuterRef("pk"), CharField()), Value(":"))
        undone_at = OuterRef("undone_at")
        accepted, undone = Q(), Q()
        for model in self._importable_models():
            records = model.history.filter(self.condition).order_by()
            accepted |= Q(Exists(records.filter(run=OuterRef("pk"))))
            records_of_undo = records.filter(
                history_date__gt=undone_at - MAX_UNDO_DURATION,
                history_date__lte=undone_at + MAX_UNDO_DURATION,
                history_change_reason__startswith=reason,
            )
            undone |= Q(Exists(records_of_undo))
        if not accepted:
            return []
        accepted_runs = Run.objects.accepted().filter(accepted)
        undone_runs = Run.objects.accepted().filter(undone, undone_at__isnull=False)
        return [
            (self._in_date_range(accepted_runs, "accepted_at"), RUN, "accepted_at"),
            (self._in_date_range(undone_runs, "undone_at"), UNDONE, "undone_at"),
        ]

    def _count_changes(
        self, runs: dict[int, Run], undone_runs: Sequence[Run]
    ) -> dict[tuple[int, str], list[tuple[Options, int]]]:
        """Return the counts of each entry by (pk of the run, kind)."""
        counts = defaultdict(list)
        undo_reasons = {run.undo_history_reason: run.pk for run in undone_runs}
        for model in self._importable_models():
            records = model.history.filter(self.condition).order_by()
            by_run = records.filter(run__in=runs).exclude(EFFECT_OF_RENEWAL).values_list("run")
            for pk, count in by_run.annotate(Count("history_id")):
                counts[pk, RUN].append((model._meta, count))
            if not undone_runs:
                continue
            dates = [run.undone_at for run in undone_runs]
            date_range = min(dates) - MAX_UNDO_DURATION, max(dates) + MAX_UNDO_DURATION
            by_reason = records.filter(history_date__range=date_range, history_change_reason__in=undo_reasons)
            for reason, count in by_reason.values_list("history_change_reason").annotate(Count("history_id")):
                counts[undo_reasons[reason], UNDONE].append((model._meta, count))
        return counts
