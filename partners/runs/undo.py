"""Listing the changes of a run from history, and undoing them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import models, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.formats import date_format
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from partners.agreement_sentences import AgreementFacts, describe_change
from partners.enums import AgreementStatus
from partners.history.diff import PREVIEW_LENGTH, diff
from partners.history.related_objects import RelatedObjects
from partners.models import Agreement, AgreementType, Document, Mobility, Run, University
from partners.models.agreement_slots import exclude_each_other, release_unique_slots, unique_slot
from partners.runs import bulk_write
from partners.runs.bulk_write import ADDED, DELETED, STATEMENT_SIZE, ChangeContext
from partners.runs.undo_mobilities import MobilityRunChange, load_mobility_changes, undo_mobility_changes


@dataclass
class RunChange:
    """The change that a run made to one university or agreement."""

    record: models.Model
    """The history row that the run wrote."""
    previous_record: models.Model | None
    """The history row before it; None if the run created the object."""
    later_record: models.Model | None
    """The newest history row, if it is newer than the run's."""
    university_name: str = ""
    description: str = ""
    blocked_reason: str = ""
    """The reason why it cannot be undone; empty if it can."""

    @property
    def is_of_deleted_object(self) -> bool:
        return self.later_record is not None and self.later_record.history_type == DELETED


@dataclass
class UndoPlan:
    """The changes of a run, divided into those that can be undone and those that have been overtaken since."""

    agreements: list[RunChange]
    universities: list[RunChange]
    mobilities: list[MobilityRunChange]

    def changes(self) -> list[RunChange | MobilityRunChange]:
        changes = [*self.universities, *self.agreements, *self.mobilities]
        return sorted(changes, key=lambda change: change.university_name)

    def revertible(self) -> list[RunChange | MobilityRunChange]:
        return [change for change in self.changes() if not change.blocked_reason]

    def blocked(self) -> list[RunChange | MobilityRunChange]:
        return [change for change in self.changes() if change.blocked_reason]


def run_changes(run: Run, limit: int | None = None) -> UndoPlan:
    """Return the changes of a run; with a limit, only so many of universities, of agreements and of mobilities."""
    agreements, universities = _load_changes(Agreement, run, limit), _load_changes(University, run, limit)
    records = [record for change in agreements for record in (change.previous_record, change.record) if record]
    related = RelatedObjects(records)
    for change in agreements:
        change.university_name = related.display_name((University, change.record.university_id))
        change.description = _describe_agreement_change(change.previous_record, change.record, related)
    for change in universities:
        change.university_name = change.record.name
        change.description = _("added to the register")
        if change.previous_record:
            labels = {"name": _("spelling")}
            differences = diff(change.previous_record, change.record, labels=labels, max_length=PREVIEW_LENGTH)
            change.description = "; ".join(map(str, differences))
    return UndoPlan(agreements, universities, load_mobility_changes(run, limit))


def count_changes(run: Run) -> int:
    """Return the number of changes of a run. The mobilities of an agreement change at once."""
    of_objects = sum(model.history.filter(run=run).count() for model in (University, Agreement))
    return of_objects + Mobility.history.filter(run=run).values("agreement").distinct().count()


def plan_undo(run: Run) -> UndoPlan:
    """Return all changes of a run, with the reasons why some cannot be undone."""
    plan = run_changes(run)
    for change in plan.changes():
        if change.later_record:
            is_deleted = change.is_of_deleted_object
            message = _("deleted by %(who)s, %(when)s") if is_deleted else _("changed by %(who)s, %(when)s")
            who = change.later_record.history_user or _("a command")
            when = date_format(localtime(change.later_record.history_date), "DATETIME_FORMAT")
            change.blocked_reason = message % {"who": who, "when": when}
    _block_agreements(run, plan.agreements)
    _block_agreements_with_mobilities(run, plan)
    _block_for_others(run, plan.agreements)
    _block_mobilities(plan)
    _block_universities(run, plan)
    return plan


@transaction.atomic
def undo(run: Run, user) -> UndoPlan | None:
    """Undo the changes of a run that nothing blocks. Return None if the run has been undone already."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.undone_at:
        return None
    with_mobilities = Q(pk__in=Mobility.history.filter(run=run).values("agreement"))
    Agreement.objects.filter(Q(university__in=_universities_of(run)) | with_mobilities).lock_universities()
    plan = plan_undo(run)
    context = ChangeContext(run.undo_history_reason, user)
    undo_mobility_changes(plan.mobilities, context)
    _remove(Agreement, _ids_to_remove(plan.agreements), context)
    _restore(Agreement, plan.agreements, context)
    _restore(University, plan.universities, context)
    _remove(University, _ids_to_remove(plan.universities), context)
    run.undone_at, run.undone_by = now(), user
    run.save()
    return plan


def _universities_of(run: Run) -> QuerySet:
    """Return the pks of the universities whose agreements the run has changed, as a subquery."""
    return Agreement.history.filter(run=run).values("university")


def _load_changes(model: type[models.Model], run: Run, limit: int | None) -> list[RunChange]:
    later = model.history.filter(id=OuterRef("id"), history_id__gt=OuterRef("history_id")).order_by("-history_id")
    records = model.history.filter(run=run).with_previous("history_id").order_by("history_id")
    records = list(records.annotate(later_history_id=Subquery(later.values("history_id")[:1]))[:limit])
    ids = {pk for record in records for pk in (record.previous_history_id, record.later_history_id)}
    others = model.history.select_related("history_user").in_bulk(ids - {None})
    return [
        RunChange(record, others.get(record.previous_history_id), others.get(record.later_history_id))
        for record in records
    ]


def _describe_agreement_change(before: models.Model | None, record: models.Model, related: RelatedObjects) -> str:
    new = _agreement_facts(record, related)
    if before is None:
        return describe_change(None, new)
    differences = diff(before, record, related=related, max_length=PREVIEW_LENGTH)
    details = [f"{new.name}, {change}." for change in differences if change.name not in ("status", "agreement_type")]
    return " ".join(filter(None, [describe_change(_agreement_facts(before, related), new), *details]))


def _agreement_facts(record: models.Model, related: RelatedObjects) -> AgreementFacts:
    key = AgreementType, record.agreement_type_id
    type_name = related.display_name(key) if record.agreement_type_id else None
    return AgreementFacts(type_name, record.status, record.scope, record.valid_from)


def _block_agreements(run: Run, changes: Iterable[RunChange]) -> None:
    """Block removing agreements that have documents, and restoring references to what has been deleted."""
    added = Agreement.history.filter(run=run, history_type=ADDED).values("id")
    with_documents = set(Document.objects.filter(agreement__in=added).values_list("agreement", flat=True))
    for change in changes:
        if not (change.previous_record or change.blocked_reason) and change.record.id in with_documents:
            change.blocked_reason = _("it has documents by now")
    labels = {
        "agreement_type": _("agreement type"),
        "responsible": _("coordinator responsible"),
        "renews": _("renewed agreement"),
    }
    for name, label in labels.items():
        field = Agreement._meta.get_field(name)
        candidates = [change for change in changes if change.previous_record and not change.blocked_reason]
        ids = {getattr(change.previous_record, field.attname) for change in candidates}
        existing = {None, *field.related_model.objects.filter(pk__in=ids).values_list("pk", flat=True)}
        for change in candidates:
            if getattr(change.previous_record, field.attname) not in existing:
                change.blocked_reason = _("what was its %s has been deleted by now") % label


def _block_agreements_with_mobilities(run: Run, plan: UndoPlan) -> None:
    """Block removing agreements that have mobilities by now that are not removed with them."""
    removed = {record.id for change in plan.mobilities if not change.blocked_reason for record in change.records}
    added = Agreement.history.filter(run=run, history_type=ADDED).values("id")
    mobilities = Mobility.objects.filter(agreement__in=added).values_list("pk", "agreement")
    staying = {agreement for pk, agreement in mobilities if pk not in removed}
    for change in plan.agreements:
        if not (change.previous_record or change.blocked_reason) and change.record.id in staying:
            change.blocked_reason = _("it has other mobilities by now")


def _block_mobilities(plan: UndoPlan) -> None:
    """Block removing the mobilities of agreements that the run added and that stay."""
    staying = {change.record.id for change in plan.agreements if change.blocked_reason and not change.previous_record}
    for change in plan.mobilities:
        if not change.blocked_reason and change.agreement_id in staying:
            change.blocked_reason = _("the agreement stays")


def _block_for_others(run: Run, changes: Iterable[RunChange]) -> None:
    """Block what the agreements that stay as they are rule out. What is blocked stays as it is as well."""
    universities = _universities_of(run)
    concerned = Q(university__in=universities) | Q(renews__university__in=universities)
    existing = Agreement.objects.filter(concerned).select_related("agreement_type").in_bulk()
    undone = {change.record.id: change for change in changes if not change.blocked_reason}
    staying = [agreement for pk, agreement in existing.items() if pk not in undone]
    while staying:
        by_slot, by_renewed = defaultdict(list), {agreement.renews_id: agreement for agreement in staying}
        for agreement in staying:
            by_slot[unique_slot(agreement)].append(agreement)
        by_slot.pop(None, None)
        for change in undone.values():
            change.blocked_reason = _describe_obstacle(change, by_slot, by_renewed)
        staying = [existing[pk] for pk, change in undone.items() if change.blocked_reason]
        for agreement in staying:
            del undone[agreement.pk]


def _describe_obstacle(
    change: RunChange, by_slot: Mapping[Hashable, list[Agreement]], by_renewed: Mapping[int, Agreement]
) -> str:
    """Return the reason why a change cannot be undone beside these agreements, or an empty string."""
    if change.previous_record is None:
        renewal = by_renewed.get(change.record.id)
        return _("“%s” renews it by now") % renewal.describe_period() if renewal else ""
    for other in by_slot.get(unique_slot(change.previous_record), ()):
        if exclude_each_other(change.previous_record, other):
            if other.status == AgreementStatus.SIGNED:
                return _("“%s” is signed for the same days by now") % other.describe_period()
            return _("“%s” is in process by now") % other.title
    return ""


def _block_universities(run: Run, plan: UndoPlan) -> None:
    """Block removing universities that keep agreements, and restoring slugs that others have."""
    removed = set(_ids_to_remove(plan.agreements))
    added = University.history.filter(run=run, history_type=ADDED).values("id")
    existing = Agreement.objects.filter(university__in=added).values_list("pk", "university")
    with_agreements = {university for pk, university in existing if pk not in removed}
    by_previous_slug = {}
    for change in plan.universities:
        if change.blocked_reason:
            continue
        if not change.previous_record and change.record.id in with_agreements:
            change.blocked_reason = _("it has agreements that stay")
        elif change.previous_record and change.previous_record.slug != change.record.slug:
            by_previous_slug[change.previous_record.slug] = change
    for slug in University.objects.filter(slug__in=by_previous_slug).values_list("slug", flat=True):
        by_previous_slug[slug].blocked_reason = _("another university has its address by now")


def _ids_to_remove(changes: Iterable[RunChange]) -> list[int]:
    return [change.record.id for change in changes if not (change.previous_record or change.blocked_reason)]


def _remove(model: type[models.Model], ids: Sequence[int], context: ChangeContext) -> None:
    for start in range(0, len(ids), STATEMENT_SIZE):
        chunk = ids[start : start + STATEMENT_SIZE]
        model.objects.filter(pk__in=chunk).delete()
        deletions = model.history.filter(id__in=chunk, history_type="-")
        deletions.update(history_user=context.user, history_change_reason=context.reason[:100])


def _restore(model: type[models.Model], changes: Iterable[RunChange], context: ChangeContext) -> None:
    """Give the objects the values that they had before, in all fields that the run changed in any of them."""
    changes = [change for change in changes if change.previous_record and not change.blocked_reason]
    fields = {
        field
        for change in changes
        for field in change.record.tracked_fields
        if getattr(change.previous_record, field.attname) != getattr(change.record, field.attname)
    }
    names = {field.name for field in fields}
    objects = model.objects.in_bulk([change.record.id for change in changes])
    for change in changes:
        for field in fields:
            setattr(objects[change.record.id], field.attname, getattr(change.previous_record, field.attname))
    if model is Agreement:
        release_unique_slots(objects.values())
        names.add("status")
    bulk_write.bulk_update_with_history(model, list(objects.values()), names, context)
