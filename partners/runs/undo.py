"""Undoing runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.db.models import Q
from django.utils.timezone import now

from partners.history.entries import DELETED
from partners.models import Agreement, Mobility, Run, University
from partners.models.agreement_slots import release_unique_slots
from partners.runs import bulk_write
from partners.runs.bulk_write import ChangeContext, chunks
from partners.runs.changes import RunChange, RunChanges, run_changes
from partners.runs.obstacles import block_changes, changes_to_restore, ids_to_remove
from partners.runs.undo_mobilities import undo_mobility_changes


def plan_undo(run: Run) -> RunChanges:
    """Return all changes of a run, with the reasons why some cannot be undone."""
    changes = run_changes(run)
    block_changes(run, changes)
    return changes


@transaction.atomic
def undo(run: Run, user: AbstractBaseUser) -> RunChanges | None:
    """Undo the changes of a run that nothing blocks. Return None if the run has been undone already."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.undone_at:
        return None
    _lock_universities(run)
    plan = plan_undo(run)
    context = ChangeContext(run.undo_history_reason, user)
    undo_mobility_changes(plan.mobilities, context)
    _remove(Agreement, ids_to_remove(plan.agreements), context)
    _restore(Agreement, plan.agreements, context)
    _restore(University, plan.universities, context)
    _remove(University, ids_to_remove(plan.universities), context)
    run.undone_at, run.undone_by = now(), user
    run.save()
    return plan


def _lock_universities(run: Run) -> None:
    agreements = Agreement.objects.filter(pk__in=Mobility.history.filter(run=run).values("agreement"))
    concerned = Q(pk__in=University.history.filter(run=run).values("id"))
    concerned |= Q(pk__in=Agreement.history.filter(run=run).values("university"))
    concerned |= Q(pk__in=agreements.values("university"))
    list(University.objects.filter(concerned).select_for_update().order_by("pk"))


def _remove(model: type[models.Model], ids: Sequence[int], context: ChangeContext) -> None:
    for chunk in chunks(ids):
        model.objects.filter(pk__in=chunk).delete()
        deletions = model.history.filter(id__in=chunk, history_type=DELETED)
        deletions.update(history_user=context.user, history_change_reason=context.reason[:100])


def _restore(model: type[models.Model], changes: Iterable[RunChange], context: ChangeContext) -> None:
    """Give the objects the values that they had before, in all fields that the run changed in any of them."""
    changes = changes_to_restore(changes)
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
