"""What an import run changed, as history tells it, and putting that back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import models, transaction
from django.db.models import OuterRef, Subquery
from django.utils.formats import date_format
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from partners.fields import SearchKeyField
from partners.imports import bulk_write
from partners.imports.bulk_write import ADDED, STATEMENT_SIZE, ChangeContext
from partners.imports.register_columns import NATURAL_KEYS
from partners.imports.undo_descriptions import (
    changed_fields,
    describe_agreement_change,
    describe_university_change,
    load_names,
    unique_slot,
)
from partners.models import Agreement, Document, ImportRun, University


@dataclass
class RunChange:
    """What a run did to one university or agreement."""

    record: models.Model
    """The row of history that the run wrote."""
    before: models.Model | None
    """The row before it. None where the run added the thing."""
    since: models.Model | None
    """The newest row, where there is one after the run's."""
    university: str
    words: str
    obstacle: str = ""
    """Why it cannot be put back."""

    @property
    def slot(self) -> tuple:
        return unique_slot(self.record)

    @property
    def slot_before(self) -> tuple | None:
        return self.before and unique_slot(self.before)


@dataclass
class UndoPlan:
    """What undoing a run puts back, and what it leaves because somebody has touched it since."""

    agreements: list[RunChange]
    universities: list[RunChange]

    def changes(self) -> list[RunChange]:
        return sorted([*self.universities, *self.agreements], key=lambda change: change.university)

    def put_back(self) -> list[RunChange]:
        return [change for change in self.changes() if not change.obstacle]

    def left(self) -> list[RunChange]:
        return [change for change in self.changes() if change.obstacle]


def plan_undo(run: ImportRun) -> UndoPlan:
    """Everything that a run changed, with the obstacles to putting it back."""
    undoing = run_changes(run)
    _block_if_modified(undoing.changes())
    _block_if_documented(run, undoing.agreements)
    _block_if_reference_deleted(undoing.agreements)
    _block_if_slot_taken(run, undoing.agreements)
    _block_if_it_has_agreements(run, undoing)
    _block_if_slug_taken(undoing.universities)
    return undoing


def run_changes(run: ImportRun, most: int | None = None) -> UndoPlan:
    """What a run changed: all of it, or the first changes of universities and of agreements."""
    agreements, universities = list(_changes(Agreement, run, most)), list(_changes(University, run, most))
    names = _university_names(run, {change.record.university_id for change in agreements})
    named = load_names([record for change in agreements for record in (change.before, change.record) if record])
    for change in agreements:
        change.university = names[change.record.university_id]
        change.words = describe_agreement_change(change.before, change.record, named)
    for change in universities:
        change.university = change.record.name
        change.words = describe_university_change(change.before, change.record)
    return UndoPlan(agreements, universities)


def _university_names(run: ImportRun, ids: set[int]) -> dict[int, str]:
    """Those of deleted universities, such as an undo leaves behind, are in their last records."""
    names = {pk: str(university) for pk, university in University.objects.in_bulk(ids).items()}
    if ids - names.keys():
        of_this_run = Agreement.history.filter(import_run=run).values("university")
        deleted = University.history.filter(id__in=of_this_run, history_type="-").order_by("history_id")
        names = dict(deleted.values_list("id", "name")) | names
    return names


@transaction.atomic
def undo(run: ImportRun, user) -> UndoPlan | None:
    """Puts back what nobody has touched since. None if the run has been undone already."""
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.undone_at:
        return None
    undoing = plan_undo(run)
    why = ChangeContext(run.undo_reason, user)
    _remove(Agreement, _additions(undoing.agreements), why)
    _restore(Agreement, undoing.agreements, why)
    _restore(University, undoing.universities, why)
    _remove(University, _additions(undoing.universities), why)
    run.undone_at, run.undone_by = now(), user
    run.save()
    return undoing


def count_changes(run: ImportRun) -> int:
    return sum(model.history.filter(import_run=run).count() for model in (University, Agreement))


def _changes(model: type[models.Model], run: ImportRun, most: int | None) -> Iterator[RunChange]:
    records_of = model.history.model.objects
    same = records_of.filter(id=OuterRef("id"))
    before = same.filter(history_id__lt=OuterRef("history_id")).order_by("-history_id").values("history_id")
    since = same.filter(history_id__gt=OuterRef("history_id")).order_by("-history_id").values("history_id")
    records = list(
        records_of.filter(import_run=run)
        .annotate(before_id=Subquery(before[:1]), since_id=Subquery(since[:1]))
        .order_by("history_id")[:most]
    )
    ids = {record.before_id for record in records} | {record.since_id for record in records}
    others = records_of.select_related("history_user").in_bulk(ids - {None})
    for record in records:
        yield RunChange(record, others.get(record.before_id), others.get(record.since_id), "", "")


def _block_if_modified(changes: Iterable[RunChange]) -> None:
    for change in changes:
        if change.since:
            is_deleted = change.since.history_type == "-"
            message = _("deleted by %(who)s, %(when)s") if is_deleted else _("changed by %(who)s, %(when)s")
            who = change.since.history_user or _("a command")
            when = date_format(localtime(change.since.history_date), "DATETIME_FORMAT")
            change.obstacle = message % {"who": who, "when": when}


def _block_if_documented(run: ImportRun, agreements: Iterable[RunChange]) -> None:
    """An agreement that the run added stays with the documents that it was given since."""
    added = Agreement.history.filter(import_run=run, history_type=ADDED).values("id")
    documented = set(Document.objects.filter(agreement__in=added).values_list("agreement", flat=True))
    for change in agreements:
        if change.record.id in documented and change.before is None and not change.obstacle:
            change.obstacle = _("it has documents by now")


def _block_if_reference_deleted(agreements: Iterable[RunChange]) -> None:
    """An agreement cannot have back a type or a coordinator whom nobody has by now."""
    movable = [change for change in agreements if change.before and not change.obstacle]
    for field in map(Agreement._meta.get_field, NATURAL_KEYS):
        before = {change.record.id: getattr(change.before, field.attname) for change in movable}
        there = field.related_model.objects.filter(pk__in=set(before.values())).values_list("pk", flat=True)
        left = {None, *there}
        for change in movable:
            if before[change.record.id] not in left:
                change.obstacle = _("what was its %s has been deleted by now") % field.verbose_name


def _block_if_slot_taken(run: ImportRun, changes: Sequence[RunChange]) -> None:
    """An agreement cannot become again what another one of its university is by now."""
    movable = [change for change in changes if not change.obstacle]
    moving = {change.record.id for change in movable}
    universities = Agreement.history.filter(import_run=run).values("university")
    present = Agreement.objects.open().filter(university__in=universities)
    taken = {unique_slot(agreement) for agreement in present if agreement.pk not in moving}
    blocked = True
    while blocked:
        blocked = [change for change in movable if change.slot_before and change.slot_before in taken]
        for change in blocked:
            change.obstacle = _("another agreement is in its place by now")
            taken.add(change.slot)
            movable.remove(change)


def _block_if_it_has_agreements(run: ImportRun, undoing: UndoPlan) -> None:
    """A university that the run added stays with the agreements that stay."""
    leaving = set(_additions(undoing.agreements))
    added = University.history.filter(import_run=run, history_type=ADDED).values("id")
    present = Agreement.objects.filter(university__in=added).values_list("pk", "university")
    inhabited = {university for pk, university in present if pk not in leaving}
    for change in undoing.universities:
        if change.before is None and change.record.id in inhabited and not change.obstacle:
            change.obstacle = _("it has agreements that stay")


def _block_if_slug_taken(universities: Iterable[RunChange]) -> None:
    """A university cannot have back an address that another one has by now."""
    moved = {
        change.before.slug: change
        for change in universities
        if change.before and change.before.slug != change.record.slug and not change.obstacle
    }
    for slug in University.objects.filter(slug__in=moved).values_list("slug", flat=True):
        moved[slug].obstacle = _("another university has its address by now")


def _additions(changes: Iterable[RunChange]) -> list[int]:
    return [change.record.id for change in changes if change.before is None and not change.obstacle]


def _remove(model: type[models.Model], ids: Sequence[int], why: ChangeContext) -> None:
    for start in range(0, len(ids), STATEMENT_SIZE):
        chunk = ids[start : start + STATEMENT_SIZE]
        model.objects.filter(pk__in=chunk).delete()
        deletions = model.history.filter(id__in=chunk, history_type="-")
        deletions.update(history_user=why.user, history_change_reason=why.reason[:100])


def _restore(model: type[models.Model], changes: Iterable[RunChange], why: ChangeContext) -> None:
    undone = {change.record.id: change for change in changes if change.before and not change.obstacle}
    fields = {name for change in undone.values() for name in changed_fields(change.before, change.record)}
    keys = [each for each in model._meta.concrete_fields if isinstance(each, SearchKeyField)]
    objects = list(model.objects.in_bulk(undone).values())
    for each in objects:
        for name in fields:
            attribute = model._meta.get_field(name).attname
            setattr(each, attribute, getattr(undone[each.pk].before, attribute))
        for key in keys:
            key.pre_save(each, add=False)
    bulk_write.bulk_update_with_history(model, objects, fields.union(key.name for key in keys), why)
