"""Revert an object to one of its earlier versions, or undelete it from the last one, after a preview."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.fields import update_search_keys
from partners.history.diff import FieldChange, diff
from partners.history.entries import DELETED
from partners.history.related_objects import RelatedObjects, foreign_keys, tracked_model
from partners.models import Agreement, Mobility, University
from partners.period_constraint import describe_integrity_error

RELATED_DELETION_WINDOW = timedelta(hours=1)
"""A university can only be deleted after its agreements, and an agreement after its mobilities. Those that the same
user deleted for the same reason within this time before it come back with it."""
CHILD_KEYS = {University: Agreement._meta.get_field("university"), Agreement: Mobility._meta.get_field("agreement")}


@dataclass
class RevertPlan:
    """The changes that a revert makes to an object."""

    reverted: models.Model
    """The object as it would be saved."""
    latest_history_id: int
    """The latest history id of the object; for an agreement, of all of its university, as signing changes others."""
    field_changes: list[FieldChange]
    skipped_fields: list[str] = field(default_factory=list)
    """One message for each field that keeps its current value."""
    errors: list[str] = field(default_factory=list)
    """Messages; with any of them nothing can be reverted."""
    side_effects: list[str] = field(default_factory=list)
    """One message for each change to another object."""
    left_by_signing: list[Agreement] = field(default_factory=list)
    """Agreements that keep the end which the signing gave them that the revert takes back."""

    @property
    def is_possible(self) -> bool:
        return bool(self.field_changes) and not self.errors


def preview_revert(record: models.Model, current: models.Model, on: date) -> RevertPlan:
    related = RelatedObjects([record, current])
    reverted, skipped_fields = _build_reverted(record, current, related)
    field_changes = diff(current, reverted, related=related)
    concerned = {"id": record.id}
    if isinstance(current, Agreement):
        concerned = {"university__in": {current.university_id, reverted.university_id}}
    latest_record = type(record).objects.filter(**concerned).latest("history_id")
    plan = RevertPlan(reverted, latest_record.history_id, field_changes, skipped_fields)
    if field_changes:
        plan.errors = _validation_messages(reverted)
    if not (plan.is_possible and isinstance(reverted, Agreement)):
        return plan
    if reverted.is_transition_to_signed():
        plan.side_effects = reverted.describe_effects(reverted.renewal_effects(on))
    elif reverted.status == AgreementStatus.IN_PROCESS != current.status:
        plan.left_by_signing = _left_by_signing(reverted)
    return plan


def _left_by_signing(agreement: Agreement) -> list[Agreement]:
    """Return the agreements that still have the end which the signing of this one gave them."""
    reasons = agreement.renewal_change_reasons()
    records = Agreement.history.filter(university=agreement.university_id, history_change_reason__in=reasons)
    given = {record.id: (record.status, record.valid_until) for record in records.order_by("history_id")}
    others = Agreement.objects.filter(pk__in=given).select_related("university", "agreement_type").order_by("pk")
    return [other for other in others if (other.status, other.valid_until) == given[other.pk]]


@transaction.atomic
def revert(record: models.Model, expected_history_id: int, user: models.Model, on: date) -> tuple[bool, RevertPlan]:
    """Revert the object to the record. Return whether that was done, and the plan.

    Nothing is done if it is not the plan's latest history id, as the user has seen another preview.
    """
    if tracked_model(record) is Agreement:
        Agreement.objects.filter(pk=record.id).lock_universities()
    current = tracked_model(record).objects.select_for_update().get(pk=record.id)
    plan = preview_revert(record, current, on)
    if plan.latest_history_id != expected_history_id or not plan.is_possible:
        return False, plan
    reason = f"put back the version of {date_format(localtime(record.history_date), 'DATETIME_FORMAT')}"
    plan.errors = _try_save(plan.reverted, reason, user)
    return not plan.errors, plan


def _build_reverted(
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
    update_search_keys(type(reverted), [reverted])
    return reverted, skipped_fields


def _validation_messages(instance: models.Model) -> list[str]:
    """Return the errors of the instance, each with the label of its field."""
    try:
        instance.full_clean()
    except ValidationError as error:
        labels = {tracked.name: f"{capfirst(str(tracked.verbose_name))}: " for tracked in instance._meta.fields}
        errors = error.message_dict.items()
        return [f"{labels.get(name, '')}{message}" for name, messages in errors for message in messages]
    return []


def _try_save(instance: models.Model, reason: str, user: models.Model, **save_kwargs: bool) -> list[str]:
    """Save the instance. Return a list with an error message if somebody else was faster."""
    instance._change_reason, instance._history_user = reason, user
    try:
        with transaction.atomic():
            instance.save(**save_kwargs)
    except IntegrityError as error:
        return [f"{describe_integrity_error(error)} {_('Look at it again.')}"]
    return []


@dataclass
class UndeletePlan:
    """The effects of an undelete, which is impossible if there are errors."""

    title: str
    dropped_references: list[str]
    """One message for each foreign key whose target no longer exists."""
    errors: list[str]
    restorable: list[UndeletePlan] = field(default_factory=list)
    """Plans for what was deleted together with it and can come back with it."""
    unrestorable: list[UndeletePlan] = field(default_factory=list)
    """Plans for those that cannot."""

    def __str__(self) -> str:
        return ". ".join([self.title, *map(str, self.restorable), *self.dropped_references, *self.errors])


@transaction.atomic
def undelete(
    record: models.Model, user: models.Model, expected_history_id: int | None = None
) -> tuple[bool, UndeletePlan]:
    """Undelete the object. Return whether that was done, and the plan.

    Without the history id of the record, or with another one, as the user has seen another preview, it is undeleted
    and rolled back, so that the plan is exactly what will happen.
    """
    plan = _undelete_with_children(record, user)
    is_done = not plan.errors and expected_history_id == record.history_id
    transaction.set_rollback(not is_done)
    return is_done, plan


def _undelete_with_children(record: models.Model, user: models.Model) -> UndeletePlan:
    related = RelatedObjects([record])
    instance, dropped_references = _build_reverted(record, tracked_model(record)(), related)
    instance._state.adding = True
    errors = _validation_messages(instance) or _try_save(instance, "brought back", user, force_insert=True)
    plan = UndeletePlan(related.title(record), dropped_references, errors)
    child_key = CHILD_KEYS.get(tracked_model(record))
    if child_key and not errors:
        for child_record in _children_deleted_with(record, child_key):
            child_plan = _undelete_with_children(child_record, user)
            (plan.unrestorable if child_plan.errors else plan.restorable).append(child_plan)
    return plan


def _children_deleted_with(record: models.Model, child_key: models.ForeignKey) -> QuerySet:
    """Return the records of the agreements of a university, or mobilities of an agreement, deleted together with it.

    The last deleted comes first, as an agreement can only be deleted after those that renew it.
    """
    model, parent = child_key.model, {child_key.attname: record.id}
    last_records = model.history.filter(id__in=model.history.filter(**parent).values("id")).latest_of_each()
    deleted = last_records.filter(
        **parent,
        history_type=DELETED,
        history_user=record.history_user_id,
        history_change_reason=record.history_change_reason,
        history_date__range=(record.history_date - RELATED_DELETION_WINDOW, record.history_date),
    )
    return deleted.exclude(Exists(model.objects.filter(pk=OuterRef("id")))).order_by("-history_id")
