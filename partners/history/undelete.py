"""Bringing back what was deleted, from the last row of its history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import models, transaction

from partners.history.entries import DELETED
from partners.history.related_objects import RelatedObjects, latest_records, tracked_model
from partners.history.revert import build_reverted, find_errors, latest_record, try_save
from partners.models import Agreement, University

REASON = "brought back"
SAME_ACT = timedelta(hours=1)
"""A university can only be deleted after its agreements: what the same person deleted for the same reason by then."""


@dataclass
class UndeletePlan:
    """What bringing something back does."""

    record: models.Model
    title: str
    left: list[str] = field(default_factory=list)
    """What it comes back without, and why."""
    obstacles: list[str] = field(default_factory=list)
    agreements: list[UndeletePlan] = field(default_factory=list)
    """Those that were deleted together with a university."""

    def __str__(self) -> str:
        return ". ".join([self.title, *self.left, *self.obstacles])

    @property
    def is_possible(self) -> bool:
        return not self.obstacles

    def coming(self) -> list[UndeletePlan]:
        return [each for each in self.agreements if each.is_possible]

    def staying(self) -> list[UndeletePlan]:
        return [each for each in self.agreements if not each.is_possible]


def deletion_record(model: type[models.Model], pk: int) -> models.Model | None:
    """The row with which something was deleted. None where it is there, or never was."""
    newest = next(iter(latest_records(model, [pk])), None)
    is_gone = newest and newest.history_type == DELETED and not model.objects.filter(pk=pk).exists()
    return newest if is_gone else None


@transaction.atomic
def preview_undelete(record: models.Model, user: models.Model) -> UndeletePlan:
    """Does it and takes it back, so that what it tells is what will happen."""
    bringing = _undelete(record, user)
    transaction.set_rollback(True)
    return bringing


@transaction.atomic
def undelete(record: models.Model, newest: int, user: models.Model) -> tuple[bool, UndeletePlan]:
    """Whether it was brought back, and what was there to bring: nothing is done where something has happened since."""
    bringing = _undelete(record, user)
    is_done = bringing.is_possible and newest == record.history_id
    transaction.set_rollback(not is_done)
    return is_done, bringing


def _undelete(record: models.Model, user: models.Model) -> UndeletePlan:
    bringing = _undelete_one(record, user)
    if tracked_model(record) is University and bringing.is_possible:
        bringing.agreements = [_undelete_one(each, user) for each in _deleted_with(record)]
    return bringing


def _undelete_one(record: models.Model, user: models.Model) -> UndeletePlan:
    related = RelatedObjects([record])
    then, left = build_reverted(record, tracked_model(record)(), related)
    then._state.adding = True
    bringing = UndeletePlan(record, related.title(record), left, find_errors(then))
    if bringing.is_possible:
        bringing.obstacles = try_save(then, REASON, user, force_insert=True)
    return bringing


def _deleted_with(record: models.Model) -> Iterator[models.Model]:
    """The last rows of a university's agreements that were deleted in the same act, oldest first."""
    history = Agreement.history.model.objects
    deleted = history.filter(
        university=record.id,
        history_type=DELETED,
        history_user=record.history_user_id,
        history_change_reason=record.history_change_reason,
        history_date__range=(record.history_date - SAME_ACT, record.history_date),
    )
    present = set(Agreement.objects.filter(pk__in=deleted.values("id")).values_list("pk", flat=True))
    for each in deleted.order_by("history_id"):
        if each.id not in present and latest_record(each) == each.history_id:
            yield each
