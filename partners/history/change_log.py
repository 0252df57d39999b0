"""All changes of the register, by whom, of what and when. Those of an import run are one line."""

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
"""At most. It tells the changes of an undo by their days, which have an index, before it looks at their reasons."""

Model = type[models.Model]


@dataclass
class ImportRunEntry:
    """What an import run did, or undoing it, in one line."""

    run: ImportRun
    is_undo: bool
    counts: list[tuple[Model, int]] = field(default_factory=list)

    @property
    def moment(self) -> datetime:
        return self.run.undone_at if self.is_undo else self.run.accepted_at

    @property
    def reason(self) -> str:
        return self.run.undo_reason if self.is_undo else self.run.reason

    @property
    def told(self) -> list[tuple[str, int]]:
        """How many of what, each in words."""
        names = {True: "verbose_name", False: "verbose_name_plural"}
        return [(str(getattr(model._meta, names[count == 1])), count) for model, count in self.counts]

    @property
    def who(self) -> object:
        return self.run.undone_by if self.is_undo else self.run.user


@dataclass
class ChangeLogQuery:
    """The changes that are asked for."""

    models: Sequence[Model]
    by: Q = field(default_factory=Q)
    """A condition on rows of history."""
    since: datetime | None = None
    before: datetime | None = None
    is_gone: bool = False
    """Only the deletions of what has not been brought back."""

    def rows(self) -> QuerySet:
        parts = [as_timeline_rows(self._single(model), model._meta.model_name) for model in self.models]
        return union_by_date([*parts, *([] if self.is_gone else self._runs())])

    def told(self, rows: Iterable[TimelineRow]) -> list[HistoryEntry | ImportRunEntry]:
        rows = list(rows)
        found = load_entries_by_key(rows) | {row[1:]: line for row, line in self._run_lines(rows)}
        return [found[row[1:]] for row in rows if row[1:] in found]

    def _single(self, model: Model) -> QuerySet:
        records = self._within(model.history.model.objects.filter(self.by))
        if self.is_gone:
            later = model.history.model.objects.filter(id=OuterRef("id"), history_id__gt=OuterRef("history_id"))
            present = model.objects.filter(pk=OuterRef("id"))
            return records.filter(~Exists(present), ~Exists(later), history_type=DELETED)
        if model in self._imported():
            records = records.filter(import_run=None)
        return records.exclude(history_change_reason__startswith=UNDO_REASON_PREFIX)

    def _within(self, rows: QuerySet, moment: str = "history_date") -> QuerySet:
        if self.since:
            rows = rows.filter(**{f"{moment}__gte": self.since})
        return rows.filter(**{f"{moment}__lt": self.before}) if self.before else rows

    def _imported(self) -> list[Model]:
        return [model for model in self.models if hasattr(model.history.model, "import_run")]

    def _runs(self) -> list[QuerySet]:
        accepted, undone = Q(), Q()
        for model in self._imported():
            accepted |= Q(Exists(self._of_run(model, import_run=OuterRef("pk"))))
            undone |= Q(Exists(self._of_undo(model)))
        if not accepted:
            return []
        runs, moments = ImportRun.objects.accepted(), {RUN: "accepted_at", UNDONE: "undone_at"}
        found = {RUN: runs.filter(accepted), UNDONE: runs.filter(undone, undone_at__isnull=False)}
        return [
            as_timeline_rows(self._within(rows, moments[kind]), kind, moments[kind]) for kind, rows in found.items()
        ]

    def _of_run(self, model: Model, **which: object) -> QuerySet:
        return model.history.model.objects.filter(self.by, **which).order_by()

    def _of_undo(self, model: Model) -> QuerySet:
        reason = Concat(Value(UNDO_REASON_PREFIX), Cast(OuterRef("pk"), CharField()), Value(":"))
        return model.history.model.objects.filter(
            self.by,
            history_date__gt=OuterRef("undone_at") - MAX_UNDO_DURATION,
            history_date__lte=OuterRef("undone_at") + MAX_UNDO_DURATION,
            history_change_reason__startswith=reason,
        )

    def _run_lines(self, rows: Iterable[TimelineRow]) -> Iterable[tuple[TimelineRow, ImportRunEntry]]:
        wanted = [row for row in rows if row[2] in (RUN, UNDONE)]
        runs = ImportRun.objects.defer("content").select_related("user", "undone_by")
        runs = runs.in_bulk({number for _moment, number, _kind in wanted})
        counts = {RUN: self._counts_of_runs(runs), UNDONE: self._counts_of_undoing(wanted, runs)}
        for row in wanted:
            _moment, number, kind = row
            told = [(model, counts[kind][model, number]) for model in self._imported()]
            yield row, ImportRunEntry(runs[number], kind == UNDONE, [each for each in told if each[1]])

    def _counts_of_runs(self, runs: dict[int, ImportRun]) -> Counter:
        counts = Counter()
        for model in self._imported() if runs else ():
            found = self._of_run(model, import_run__in=runs)
            for run, count in found.values_list("import_run").annotate(Count("history_id")):
                counts[model, run] = count
        return counts

    def _counts_of_undoing(self, wanted: Iterable[TimelineRow], runs: dict[int, ImportRun]) -> Counter:
        counts = Counter()
        undone = {runs[number].undo_reason: runs[number] for _moment, number, kind in wanted if kind == UNDONE}
        moments = [run.undone_at for run in undone.values()]
        for model in self._imported() if undone else ():
            found = model.history.model.objects.filter(self.by, history_change_reason__in=undone).order_by()
            found = found.filter(
                history_date__range=(min(moments) - MAX_UNDO_DURATION, max(moments) + MAX_UNDO_DURATION)
            )
            for reason, count in found.values_list("history_change_reason").annotate(Count("history_id")):
                counts[model, undone[reason].pk] = count
        return counts
