"""Putting back a version of something: what it would do, why it cannot, and doing it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from partners.fields import SearchKeyField
from partners.history.diff import FieldChange, diff_records, field_label
from partners.history.related_objects import RelatedObjects, foreign_keys, tracked_fields, tracked_model
from partners.models import Agreement


@dataclass
class RevertPlan:
    """What putting a version back does to the object as it is now."""

    record: models.Model
    then: models.Model
    """The object as it would be."""
    newest: int
    """The number of the newest row of the object's history."""
    differences: list[FieldChange]
    left: list[str] = field(default_factory=list)
    """What stays as it is, and why."""
    obstacles: list[str] = field(default_factory=list)
    """What is in the way of all of it."""
    consequences: list[str] = field(default_factory=list)

    @property
    def is_possible(self) -> bool:
        return bool(self.differences) and not self.obstacles


def preview_revert(record: models.Model, now: models.Model) -> RevertPlan:
    related = RelatedObjects([record, now])
    then, left = build_reverted(record, now, related)
    putting = RevertPlan(record, then, latest_record(record), diff_records(now, then, related), left)
    if putting.differences:
        putting.obstacles = find_errors(then)
    if putting.is_possible:
        putting.consequences = list(_side_effects(then))
    return putting


@transaction.atomic
def revert(record: models.Model, newest: int, user: models.Model) -> tuple[bool, RevertPlan]:
    """Whether it was put back, and what was there to put back: nothing is done where that is not what was shown."""
    now = tracked_model(record).objects.select_for_update().get(pk=record.id)
    putting = preview_revert(record, now)
    if putting.newest != newest or not putting.is_possible:
        return False, putting
    reason = f"put back the version of {date_format(localtime(record.history_date), 'DATETIME_FORMAT')}"
    refusal = try_save(putting.then, reason, user)
    putting.obstacles += refusal
    return not refusal, putting


def latest_record(record: models.Model) -> int:
    rows = type(record).objects.filter(id=record.id).order_by("-history_id")
    return rows.values_list("history_id", flat=True).first()


def build_reverted(record: models.Model, now: models.Model, related: RelatedObjects) -> tuple[models.Model, list[str]]:
    """The object with the values of the row, but for what refers to something that is gone."""
    then, left = copy.copy(now), []
    then._state = copy.copy(now._state)
    then._state.fields_cache = {}
    for each in tracked_fields(record):
        setattr(then, each.attname, getattr(record, each.attname))
    for each, key in foreign_keys(record):
        if key not in related.present:
            setattr(then, each.attname, getattr(now, each.attname))
            left.append(_("%(field)s: “%(name)s” is gone.") % {"field": field_label(each), "name": related.name(key)})
    for each in then._meta.fields:
        if isinstance(each, SearchKeyField):
            each.pre_save(then, add=False)
    return then, left


def find_errors(then: models.Model) -> list[str]:
    """What the register's rules have against it."""
    try:
        then.full_clean()
    except ValidationError as error:
        return list(_messages(then, error))
    return []


def try_save(then: models.Model, reason: str, user: models.Model, **how: bool) -> list[str]:
    """Saves it. Gives what was in the way, should somebody have been faster."""
    then._change_reason, then._history_user = reason, user
    try:
        with transaction.atomic():
            then.save(**how)
    except IntegrityError:
        return [_("Somebody changed the register in the same moment. Look at it again.")]
    return []


def _messages(then: models.Model, error: ValidationError) -> Iterator[str]:
    for name, messages in error.message_dict.items():
        fields = {each.name: field_label(each) for each in then._meta.fields}
        for message in messages:
            yield f"{fields[name]}: {message}" if name in fields else message


def _side_effects(then: models.Model) -> Iterator[str]:
    if isinstance(then, Agreement) and then.is_transition_to_signed():
        for predecessor in then.predecessors().select_related("university", "agreement_type"):
            yield _("It is signed in place of %s, which ends.") % predecessor
