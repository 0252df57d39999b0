"""Listing the changes of an import run from history, and undoing them."""

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
    """The change that a run made to one university or agreement."""

    record: models.Model
    """The history row that the run wrote."""
    previous_record: models.Model | None
    """The history row before it; None if the run created the object."""
    later_record: models.Model | None
    """The newest history row, if it is newer than the run's."""
    university_name: str
    description: str
    blocked_reason: str = ""
    """The reason why it cannot be undone; empty if it can."""

    @property
    def slot(self) -> tuple:
        return unique_slot(self.record)

    @property
    def previous_slot(self) -> tuple | None:
        return self.previous_record and unique_slot(self.previous_record)


@dataclass
class UndoPlan:
    """The changes of a run, divided into those that can be undone and those that have been overtaken since."""

    agreements: list[RunChange]
    universities: list[RunChange]

    def changes(self) -> list[RunChange]:
        return sorted([*self.universities, *self.agreements], key=lambda change: change.university_name)

    def revertible(self) -> list[RunChange]:
        return [change for change in self.changes() if not change.blocked_reason]

    def blocked(self) -> list[RunChange]:
        return [change for change in self.changes() if change.blocked_reason]


def plan_undo(run: ImportRun) -> UndoPlan:
    """Return all changes of a run, with the reasons why some cannot be undone."""
    plan = run_changes(run)
    _block_if_modified(plan.changes())
    _block_if_has_documents(run, plan.agreements)
    _block_if_reference_deleted(plan.agreements)
    _block_if_slot_taken(run, plan.agreements)
    _block_if_has_agreements(run, plan)
    _block_if_slug_taken(plan.universities)
    return plan


def run_changes(run: ImportRun, limit: int | None = None) -> UndoPlan:
    """Return the changes of a run; with a limit, only so many of universities and so many of agreements."""
    agreements, universities = list(_load_changes(Agreement, run, limit)), list(_load_changes(University, run, limit))
    names = _university_names(run, {change.record.university_id for change in agreements})
    names_by_field = load_names(
        [record for change in agreements for record in (change.previous_record, change.record) if record]
    )
    for change in agreements:
        change.university_name = names[change.record.university_id]
        change.description = describe_agreement_change(change.previous_record, change.record, names_by_field)
    for change in universities:
        change.university_name = change.record.name
        change.description = describe_university_change(change.previous_record, change.record)
    return UndoPlan(agreements, universities)


def _university_names(run: ImportRun, ids: set[int]) -> dict[int, str]:
    """Return names by pk; those of deleted universities, as after an undo, from their last history rows."""
    names = {pk: str(university) for pk, university in University.objects.in_bulk(ids).items()}
    if ids - names.keys():
        universities_of_run = Agreement.history.filter(import_run=run).values("university")
        deleted = University.history.filter(id__in=universities_of_run, history_type="-").order_by("history_id")
        names = dict(deleted.values_list("id", "name")) | names
    return names


@transaction.atomic
def undo(run: ImportRun, user) -> UndoPlan | None:
    """Undo the changes of a run that nothing blocks. Return None if the run has been undone already."""
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.undone_at:
        return None
    plan = plan_undo(run)
    context = ChangeContext(run.undo_history_reason, user)
    _remove(Agreement, _additions(plan.agreements), context)
    _restore(Agreement, plan.agreements, context)
    _restore(University, plan.universities, context)
    _remove(University, _additions(plan.universities), context)
    run.undone_at, run.undone_by = now(), user
    run.save()
    return plan


def count_changes(run: ImportRun) -> int:
    return sum(model.history.filter(import_run=run).count() for model in (University, Agreement))


def _load_changes(model: type[models.Model], run: ImportRun, limit: int | None) -> Iterator[RunChange]:
    history = model.history.model.objects
    same_object = history.filter(id=OuterRef("id"))
    previous = same_object.filter(history_id__lt=OuterRef("history_id")).order_by("-history_id").values("history_id")
    later = same_object.filter(history_id__gt=OuterRef("history_id")).order_by("-history_id").values("history_id")
    records = list(
        history.filter(import_run=run)
        .annotate(previous_id=Subquery(previous[:1]), later_id=Subquery(later[:1]))
        .order_by("history_id")[:limit]
    )
    ids = {record.previous_id for record in records} | {record.later_id for record in records}
    others = history.select_related("history_user").in_bulk(ids - {None})
    for record in records:
        yield RunChange(record, others.get(record.previous_id), others.get(record.later_id), "", "")


def _block_if_modified(changes: Iterable[RunChange]) -> None:
    for change in changes:
        if change.later_record:
            is_deleted = change.later_record.history_type == "-"
            message = _("deleted by %(who)s, %(when)s") if is_deleted else _("changed by %(who)s, %(when)s")
            who = change.later_record.history_user or _("a command")
            when = date_format(localtime(change.later_record.history_date), "DATETIME_FORMAT")
            change.blocked_reason = message % {"who": who, "when": when}


def _block_if_has_documents(run: ImportRun, agreements: Iterable[RunChange]) -> None:
    """Block the removal of agreements that have documents."""
    added = Agreement.history.filter(import_run=run, history_type=ADDED).values("id")
    with_documents = set(Document.objects.filter(agreement__in=added).values_list("agreement", flat=True))
    for change in agreements:
        if change.record.id in with_documents and change.previous_record is None and not change.blocked_reason:
            change.blocked_reason = _("it has documents by now")


def _block_if_reference_deleted(agreements: Iterable[RunChange]) -> None:
    """Block agreements whose previous type or responsible coordinator has been deleted."""
    candidates = [change for change in agreements if change.previous_record and not change.blocked_reason]
    for field in map(Agreement._meta.get_field, NATURAL_KEYS):
        previous_ids = {change.record.id: getattr(change.previous_record, field.attname) for change in candidates}
        existing_ids = field.related_model.objects.filter(pk__in=set(previous_ids.values())).values_list(
            "pk", flat=True
        )
        valid_ids = {None, *existing_ids}
        for change in candidates:
            if previous_ids[change.record.id] not in valid_ids:
                change.blocked_reason = _("what was its %s has been deleted by now") % field.verbose_name


def _block_if_slot_taken(run: ImportRun, changes: Sequence[RunChange]) -> None:
    """Block agreements whose previous slot another agreement of the university holds, or would have to keep."""
    candidates = [change for change in changes if not change.blocked_reason]
    candidate_ids = {change.record.id for change in candidates}
    universities = Agreement.history.filter(import_run=run).values("university")
    existing = Agreement.objects.open().filter(university__in=universities)
    taken = {unique_slot(agreement) for agreement in existing if agreement.pk not in candidate_ids}
    blocked = True
    while blocked:
        blocked = [change for change in candidates if change.previous_slot and change.previous_slot in taken]
        for change in blocked:
            change.blocked_reason = _("another agreement is in its place by now")
            taken.add(change.slot)
            candidates.remove(change)


def _block_if_has_agreements(run: ImportRun, plan: UndoPlan) -> None:
    """Block the removal of universities that keep agreements."""
    removed = set(_additions(plan.agreements))
    added = University.history.filter(import_run=run, history_type=ADDED).values("id")
    existing = Agreement.objects.filter(university__in=added).values_list("pk", "university")
    with_agreements = {university for pk, university in existing if pk not in removed}
    for change in plan.universities:
        if change.previous_record is None and change.record.id in with_agreements and not change.blocked_reason:
            change.blocked_reason = _("it has agreements that stay")


def _block_if_slug_taken(universities: Iterable[RunChange]) -> None:
    """Block universities whose previous slug another university has."""
    changes_by_slug = {
        change.previous_record.slug: change
        for change in universities
        if change.previous_record and change.previous_record.slug != change.record.slug and not change.blocked_reason
    }
    for slug in University.objects.filter(slug__in=changes_by_slug).values_list("slug", flat=True):
        changes_by_slug[slug].blocked_reason = _("another university has its address by now")


def _additions(changes: Iterable[RunChange]) -> list[int]:
    return [change.record.id for change in changes if change.previous_record is None and not change.blocked_reason]


def _remove(model: type[models.Model], ids: Sequence[int], context: ChangeContext) -> None:
    for start in range(0, len(ids), STATEMENT_SIZE):
        chunk = ids[start : start + STATEMENT_SIZE]
        model.objects.filter(pk__in=chunk).delete()
        deletions = model.history.filter(id__in=chunk, history_type="-")
        deletions.update(history_user=context.user, history_change_reason=context.reason[:100])


def _restore(model: type[models.Model], changes: Iterable[RunChange], context: ChangeContext) -> None:
    changes_by_pk = {
        change.record.id: change for change in changes if change.previous_record and not change.blocked_reason
    }
    fields = {
        name for change in changes_by_pk.values() for name in changed_fields(change.previous_record, change.record)
    }
    search_keys = [field for field in model._meta.concrete_fields if isinstance(field, SearchKeyField)]
    objects = list(model.objects.in_bulk(changes_by_pk).values())
    for instance in objects:
        for name in fields:
            attribute = model._meta.get_field(name).attname
            setattr(instance, attribute, getattr(changes_by_pk[instance.pk].previous_record, attribute))
        for key in search_keys:
            key.pre_save(instance, add=False)
    bulk_write.bulk_update_with_history(model, objects, fields.union(key.name for key in search_keys), context)
