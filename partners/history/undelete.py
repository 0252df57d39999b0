"""Undelete objects from the latest historical record, after a preview."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import models, transaction

from partners.history.entries import DELETED
from partners.history.related_objects import RelatedObjects, tracked_model
from partners.history.revert import build_reverted, latest_history_id, try_save, validation_messages
from partners.models import Agreement, University

REASON = "brought back"
RELATED_DELETION_WINDOW = timedelta(hours=1)
"""A university can only be deleted after its agreements. Those that the same user deleted for the same reason within
this time before it come back with it."""


@dataclass
class UndeletePlan:
    """The effects of an undelete."""

    record: models.Model
    title: str
    dropped_references: list[str] = field(default_factory=list)
    """One message for each foreign key whose target no longer exists."""
    errors: list[str] = field(default_factory=list)
    agreements: list[UndeletePlan] = field(default_factory=list)
    """Plans for the agreements that were deleted together with a university."""

    def __str__(self) -> str:
        return ". ".join([self.title, *self.dropped_references, *self.errors])

    @property
    def is_possible(self) -> bool:
        return not self.errors

    def restorable(self) -> list[UndeletePlan]:
        return [agreement for agreement in self.agreements if agreement.is_possible]

    def unrestorable(self) -> list[UndeletePlan]:
        return [agreement for agreement in self.agreements if not agreement.is_possible]


def deletion_record(model: type[models.Model], pk: int) -> models.Model | None:
    """Return the record of the deletion. None if the object exists, or never existed."""
    latest = model.history.filter(id=pk).latest_of_each().first()
    is_deleted = latest and latest.history_type == DELETED and not model.objects.filter(pk=pk).exists()
    return latest if is_deleted else None


@transaction.atomic
def preview_undelete(record: models.Model, user: models.Model) -> UndeletePlan:
    """Undelete and roll back, so that the preview is exactly what will happen."""
    plan = _undelete(record, user)
    transaction.set_rollback(True)
    return plan


@transaction.atomic
def undelete(record: models.Model, expected_history_id: int, user: models.Model) -> tuple[bool, UndeletePlan]:
    """Undelete the object. Return whether that was done, and the plan.

    Nothing is done if the record is not the expected one, as the user has seen another preview.
    """
    plan = _undelete(record, user)
    is_done = plan.is_possible and expected_history_id == record.history_id
    transaction.set_rollback(not is_done)
    return is_done, plan


def _undelete(record: models.Model, user: models.Model) -> UndeletePlan:
    plan = _undelete_one(record, user)
    if tracked_model(record) is University and plan.is_possible:
        plan.agreements = [_undelete_one(agreement, user) for agreement in _agreements_deleted_with(record)]
    return plan


def _undelete_one(record: models.Model, user: models.Model) -> UndeletePlan:
    related = RelatedObjects([record])
    instance, dropped_references = build_reverted(record, tracked_model(record)(), related)
    instance._state.adding = True
    plan = UndeletePlan(record, related.title(record), dropped_references, validation_messages(instance))
    if plan.is_possible:
        plan.errors = try_save(instance, REASON, user, force_insert=True)
    return plan


def _agreements_deleted_with(record: models.Model) -> Iterator[models.Model]:
    """Yield the records of the agreements that were deleted together with a university, oldest first."""
    history = Agreement.history.model.objects
    deleted = history.filter(
        university=record.id,
        history_type=DELETED,
        history_user=record.history_user_id,
        history_change_reason=record.history_change_reason,
        history_date__range=(record.history_date - RELATED_DELETION_WINDOW, record.history_date),
    )
    existing = set(Agreement.objects.filter(pk__in=deleted.values("id")).values_list("pk", flat=True))
    for agreement in deleted.order_by("history_id"):
        if agreement.id not in existing and latest_history_id(agreement) == agreement.history_id:
            yield agreement
