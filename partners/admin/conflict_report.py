"""Report of concurrent changes to the objects of a page, with the submitted values they conflict with."""

import copy
from dataclasses import dataclass, field

from partners.history.concurrent_changes import ConcurrentChange, field_value
from partners.history.diff import FieldChange, diff, display_value
from partners.history.entries import DELETED, HistoryEntry, load_entries
from partners.history.related_objects import RelatedObjects


@dataclass
class FieldConflict:
    """A field that was changed by others."""

    change: ConcurrentChange
    field_change: FieldChange
    html_name: str
    my_value: str | None = None
    """The submitted value. None if the field was merged."""


@dataclass
class ObjectConflict:
    """Changes made by others to one object of the page."""

    title: str
    fields: list[FieldConflict] = field(default_factory=list)
    entry: HistoryEntry | None = None
    """The change that added the object to the page, or removed it."""
    lost_input: list[FieldChange] = field(default_factory=list)
    """Submitted values of an object that was removed."""
    still_exists: bool = True

    @property
    def is_deleted(self):
        return self.entry.record.history_type == DELETED


def build_conflicts(form, formsets):
    """Return an ObjectConflict for each object of the page that others have changed, added or deleted."""
    rows = [row for formset in formsets for row in formset.initial_forms]
    conflicts = _changed_objects([candidate for candidate in [form, *rows] if candidate.has_concurrent_changes])
    for formset in formsets:
        conflicts += _added_objects(formset) + _deleted_objects(formset)
    return conflicts


def build_conflicts_of_deleted(form, formsets, record):
    """Return what was submitted for a page whose object others have deleted, as a list of ObjectConflict."""
    (entry,) = load_entries(type(record).instance_type, [record.history_id])
    conflicts = [_lost_object(entry, form)]
    for formset in formsets:
        conflicts += _deleted_objects(formset)
        conflicts += [ObjectConflict("", lost_input=_lost_input(formset.model(), row)) for row in formset.extra_forms]
    return conflicts


def _changed_objects(forms):
    changes = [change for form in forms for change in [*form.auto_merged, *form.conflicts]]
    submitted = [_submitted_instance(form) for form in forms]
    compared = [instance for change in changes for instance in (change.base, change.current) if instance]
    related = RelatedObjects([*submitted, *compared])
    return [_changed_object(form, instance, related) for form, instance in zip(forms, submitted, strict=True)]


def _changed_object(form, submitted, related):
    fields = [
        FieldConflict(
            change,
            change.describe(related),
            form.add_prefix(change.name),
            _submitted_value(form, change, submitted, related) if change in form.conflicts else None,
        )
        for change in [*form.conflicts, *form.auto_merged]
    ]
    return ObjectConflict(related.title(form.original), fields)


def _submitted_instance(form):
    """Return the form's instance with normalized values where they are valid."""
    submitted = copy.copy(form.instance)
    for change in form.conflicts:
        if change.name not in form.invalid_fields:
            setattr(submitted, change.field.attname, field_value(change.field, submitted))
    return submitted


def _submitted_value(form, change, submitted, related):
    if change.name in form.invalid_fields:
        return form[change.name].value()
    return display_value(change.field, getattr(submitted, change.field.attname), related)


def _added_objects(formset):
    pks = [obj.pk for obj in formset.concurrently_added]
    return [ObjectConflict(entry.title, entry=entry) for entry in _latest_entries(formset.model, pks)]


def _deleted_objects(formset):
    forms = {form.instance.pk: form for form in formset.concurrently_deleted}
    return [_lost_object(entry, forms[entry.record.id]) for entry in _latest_entries(formset.model, forms)]


def _lost_object(entry, form):
    lost_input = _lost_input(entry.record, form)
    return ObjectConflict(entry.title, entry=entry, lost_input=lost_input, still_exists=False)


def _lost_input(record, form):
    """Return the changes that the form would have made to the record."""
    form.full_clean()
    names = {field.name for field in form.visible_fields()}
    return [change for change in diff(record, form.instance) if change.name in names]


def _latest_entries(model, ids):
    if not ids:
        return []
    return load_entries(model, model.history.filter(id__in=ids).latest_of_each().values_list("history_id", flat=True))
