"""Revert an object to one of its earlier versions, after a preview of what that changes."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from partners.fields import update_search_keys
from partners.history.diff import FieldChange, diff
from partners.history.related_objects import RelatedObjects, foreign_keys, tracked_model
from partners.models import Agreement


@dataclass
class RevertPlan:
    """The changes that a revert makes to an object."""

    record: models.Model
    reverted: models.Model
    """The object as it would be saved."""
    latest_history_id: int
    field_changes: list[FieldChange]
    skipped_fields: list[str] = field(default_factory=list)
    """One message for each field that keeps its current value."""
    errors: list[str] = field(default_factory=list)
    """Messages; with any of them nothing can be reverted."""
    side_effects: list[str] = field(default_factory=list)
    """One message for each change to another object."""

    @property
    def is_possible(self) -> bool:
        return bool(self.field_changes) and not self.errors


def preview_revert(record: models.Model, current: models.Model) -> RevertPlan:
    related = RelatedObjects([record, current])
    reverted, skipped_fields = build_reverted(record, current, related)
    field_changes = diff(current, reverted, related=related)
    latest_record = type(record).objects.filter(id=record.id).latest("history_id")
    plan = RevertPlan(record, reverted, latest_record.history_id, field_changes, skipped_fields)
    if field_changes:
        plan.errors = validation_messages(reverted)
    if plan.is_possible and isinstance(reverted, Agreement) and reverted.is_transition_to_signed():
        predecessors = reverted.signed_predecessors().select_related("university", "agreement_type")
        plan.side_effects = [_("It is signed in place of %s, which ends.") % ended for ended in predecessors]
    return plan


@transaction.atomic
def revert(record: models.Model, expected_history_id: int, user: models.Model) -> tuple[bool, RevertPlan]:
    """Revert the object to the record. Return whether that was done, and the plan.

    Nothing is done if the object has changed since `expected_history_id`, as the user has seen another preview.
    """
    current = tracked_model(record).objects.select_for_update().get(pk=record.id)
    plan = preview_revert(record, current)
    if plan.latest_history_id != expected_history_id or not plan.is_possible:
        return False, plan
    reason = f"put back the version of {date_format(localtime(record.history_date), 'DATETIME_FORMAT')}"
    plan.errors = try_save(plan.reverted, reason, user)
    return not plan.errors, plan


def build_reverted(
    record: models.Model, current: models.Model, related: RelatedObjects
) -> tuple[models.Model, list[str]]:
    """Return the object with the values of the record, and a message for each foreign key that was skipped.

    A foreign key whose target no longer exists keeps its current value.
    """
    reverted, skipped_fields = copy.copy(current), []
    reverted._state = copy.copy(current._state)
    reverted._state.fields_cache = {}
    for tracked in record.tracked_fields:
        setattr(reverted, tracked.attname, getattr(record, tracked.attname))
    for foreign_key, key in foreign_keys(record):
        if key not in related.existing_keys:
            setattr(reverted, foreign_key.attname, getattr(current, foreign_key.attname))
            params = {"field": capfirst(str(foreign_key.verbose_name)), "name": related.display_name(key)}
            skipped_fields.append(_("%(field)s: “%(name)s” is gone.") % params)
    update_search_keys(reverted)
    return reverted, skipped_fields


def validation_messages(instance: models.Model) -> list[str]:
    """Return the errors of the instance, each with the label of its field."""
    try:
        instance.full_clean()
    except ValidationError as error:
        labels = {tracked.name: f"{capfirst(str(tracked.verbose_name))}: " for tracked in instance._meta.fields}
        errors = error.message_dict.items()
        return [f"{labels.get(name, '')}{message}" for name, messages in errors for message in messages]
    return []


def try_save(instance: models.Model, reason: str, user: models.Model, **save_kwargs: bool) -> list[str]:
    """Save the instance. Return an error message if somebody else was faster."""
    instance._change_reason, instance._history_user = reason, user
    try:
        with transaction.atomic():
            instance.save(**save_kwargs)
    except IntegrityError:
        return [_("Somebody changed the register in the same moment. Look at it again.")]
    return []
