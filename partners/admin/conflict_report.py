"""Report of concurrent changes to the objects of a page, with the submitted values they conflict with."""

import copy
from dataclasses import dataclass, field

from django.db.models import Model

from partners.history.concurrent_changes import field_value
from partners.history.diff import FieldChange, diff, display_value
from partners.history.entries import HistoryEntry, load_entries
from partners.history.related_objects import RelatedObjects


@dataclass
class FieldConflict:
    """A field that was changed by others."""

    field_change: FieldChange
    record: Model
    """The historical record that changed it last."""
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


def build_conflicts(form, formsets):
    """Return an ObjectConflict for each object of the page that others have changed, added or deleted."""
    rows = [row for formset in formsets for row in formset.initial_forms]
    conflicts = _changed_objects([candidate for candidate in [form, *rows] if candidate.has_concurrent_changes])
    for formset in formsets:
        added = _latest_entries(formset.model, [obj.pk for obj in formset.concurrently_added])
        conflicts += [ObjectConflict(entry.title, entry=entry) for entry in added]
        conflicts += _deleted_objects(formset)
    return conflicts


def build_conflicts_of_deleted(form, formsets):
    """Return what was submitted for a page whose object others have deleted, as a list of ObjectConflict."""
    (entry,) = _latest_entries(form._meta.model, [form.instance.pk])
    conflicts = [_lost_object(entry, form)]
    for formset in formsets:
        conflicts += _deleted_objects(formset)
        conflicts += [ObjectConflict("", lost_input=_lost_input(formset.model(), row)) for row in formset.extra_forms]
    return conflicts


def _changed_objects(forms):
    submitted = [_submitted_instance(form) for form in forms]
    compared = [row for form in forms for row in (form.concurrent_changes.base, form.concurrent_changes.current) if row]
    related = RelatedObjects([*submitted, *compared])
    return [
        ObjectConflict(related.title(form.original), _field_conflicts(form, instance, related))
        for form, instance in zip(forms, submitted, strict=True)
    ]


def _field_conflicts(form, submitted, related):
    changes, conflicts = form.concurrent_changes, []
    field_changes = {change.name: change for change in diff(changes.base or {}, changes.current, related=related)}
    for conflict in [*form.conflicts, *form.auto_merged]:
        my_value = None
        if conflict in form.conflicts and conflict.name in form.invalid_fields:
            my_value = form[conflict.name].value()
        elif conflict in form.conflicts:
            my_value = display_value(conflict, getattr(submitted, conflict.attname), related)
        field_change, record = field_changes[conflict.name], changes.records[conflict]
        conflicts.append(FieldConflict(field_change, record, form.add_prefix(conflict.name), my_value))
    return conflicts


def _submitted_instance(form):
    """Return the form's instance with normalized values where they are valid."""
    submitted = copy.copy(form.instance)
    for conflict in form.conflicts:
        if conflict.name not in form.invalid_fields:
            setattr(submitted, conflict.attname, field_value(conflict, submitted))
    return submitted


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
    latest_records = model.history.filter(id__in=ids).latest_of_each()
    return load_entries(model, latest_records.values_list("history_id", flat=True)) if ids else []
