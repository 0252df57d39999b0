"""Bringing back what was deleted, from the last row of its history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import models, transaction

from partners.models import Agreement, University
from partners.past.entries import DELETED
from partners.past.put_back import as_it_was, newest_of, obstacles, saved
from partners.past.related import Related, model_of, newest_records

REASON = "brought back"
SAME_ACT = timedelta(hours=1)
"""A university can only be deleted after its agreements: what the same person deleted for the same reason by then."""


@dataclass
class BringingBack:
    """What bringing something back does."""

    record: models.Model
    title: str
    left: list[str] = field(default_factory=list)
    """What it comes back without, and why."""
    obstacles: list[str] = field(default_factory=list)
    agreements: list[BringingBack] = field(default_factory=list)
    """Those that were deleted together with a university."""

    def __str__(self) -> str:
        return ". ".join([self.title, *self.left, *self.obstacles])

    @property
    def is_possible(self) -> bool:
        return not self.obstacles

    def coming(self) -> list[BringingBack]:
        return [each for each in self.agreements if each.is_possible]

    def staying(self) -> list[BringingBack]:
        return [each for each in self.agreements if not each.is_possible]


def last_record(model: type[models.Model], pk: int) -> models.Model | None:
    """The row with which something was deleted. None where it is there, or never was."""
    newest = next(iter(newest_records(model, [pk])), None)
    is_gone = newest and newest.history_type == DELETED and not model.objects.filter(pk=pk).exists()
    return newest if is_gone else None


@transaction.atomic
def bringing_back(record: models.Model, user: models.Model) -> BringingBack:
    """Does it and takes it back, so that what it tells is what will happen."""
    bringing = _bring_back(record, user)
    transaction.set_rollback(True)
    return bringing


@transaction.atomic
def bring_back(record: models.Model, newest: int, user: models.Model) -> tuple[bool, BringingBack]:
    """Whether it was brought back, and what was there to bring: nothing is done where something has happened since."""
    bringing = _bring_back(record, user)
    is_done = bringing.is_possible and newest == record.history_id
    transaction.set_rollback(not is_done)
    return is_done, bringing


def _bring_back(record: models.Model, user: models.Model) -> BringingBack:
    bringing = _bring_one(record, user)
    if model_of(record) is University and bringing.is_possible:
        bringing.agreements = [_bring_one(each, user) for each in _deleted_with(record)]
    return bringing


def _bring_one(record: models.Model, user: models.Model) -> BringingBack:
    related = Related([record])
    then, left = as_it_was(record, model_of(record)(), related)
    then._state.adding = True
    bringing = BringingBack(record, related.title(record), left, obstacles(then))
    if bringing.is_possible:
        bringing.obstacles = saved(then, REASON, user, force_insert=True)
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
        if each.id not in present and newest_of(each) == each.history_id:
            yield each
