"""Undelete objects from the latest historical record, after a preview."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Exists, OuterRef, QuerySet

from partners.history.entries import DELETED
from partners.history.related_objects import RelatedObjects, tracked_model
from partners.history.revert import build_reverted, try_save, validation_messages
from partners.models import Agreement, University

REASON = "brought back"
RELATED_DELETION_WINDOW = timedelta(hours=1)
"""A university can only be deleted after its agreements. Those that the same user deleted for the same reason within
this time before it come back with it."""


@dataclass
class UndeletePlan:
    """The effects of an undelete, which is impossible if there are errors."""

    title: str
    dropped_references: list[str]
    """One message for each foreign key whose target no longer exists."""
    errors: list[str]
    restorable: list[UndeletePlan] = field(default_factory=list)
    """Plans for the agreements that were deleted together with a university and can come back with it."""
    unrestorable: list[UndeletePlan] = field(default_factory=list)
    """Plans for those that cannot."""

    def __str__(self) -> str:
        return ". ".join([self.title, *self.dropped_references, *self.errors])


@transaction.atomic
def undelete(
    record: models.Model, user: models.Model, expected_history_id: int | None = None
) -> tuple[bool, UndeletePlan]:
    """Undelete the object. Return whether that was done, and the plan.

    Without the history id of the record, or with another one, as the user has seen another preview, it is undeleted
    and rolled back, so that the plan is exactly what will happen.
    """
    plan = _undelete_one(record, user)
    if tracked_model(record) is University and not plan.errors:
        for agreement_record in _agreements_deleted_with(record):
            agreement_plan = _undelete_one(agreement_record, user)
            (plan.unrestorable if agreement_plan.errors else plan.restorable).append(agreement_plan)
    is_done = not plan.errors and expected_history_id == record.history_id
    transaction.set_rollback(not is_done)
    return is_done, plan


def _undelete_one(record: models.Model, user: models.Model) -> UndeletePlan:
    related = RelatedObjects([record])
    instance, dropped_references = build_reverted(record, tracked_model(record)(), related)
    instance._state.adding = True
    errors = validation_messages(instance) or try_save(instance, REASON, user, force_insert=True)
    return UndeletePlan(related.title(record), dropped_references, errors)


def _agreements_deleted_with(record: models.Model) -> QuerySet:
    """Return the records of the agreements that were deleted together with a university, oldest first."""
    ever_agreements = Agreement.history.filter(university=record.id).values("id")
    deleted = (
        Agreement.history.filter(id__in=ever_agreements)
        .latest_of_each()
        .filter(
            university=record.id,
            history_type=DELETED,
            history_user=record.history_user_id,
            history_change_reason=record.history_change_reason,
            history_date__range=(record.history_date - RELATED_DELETION_WINDOW, record.history_date),
        )
    )
    return deleted.exclude(Exists(Agreement.objects.filter(pk=OuterRef("id")))).order_by("history_id")
