"""Report of concurrent changes to the objects of a page, with the submitted values they conflict with."""

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
    changed = [candidate for candidate in [form, *rows] if candidate.has_concurrent_changes]
    compared = [(row.instance, row.concurrent_changes.base, row.concurrent_changes.current) for row in changed]
    related = RelatedObjects(instance for instances in compared for instance in instances if instance)
    conflicts = [ObjectConflict(related.title(row.original), _field_conflicts(row, related)) for row in changed]
    for formset in formsets:
        added = _latest_entries(formset.model, [obj.pk for obj in formset.concurrently_added])
        conflicts += [ObjectConflict(entry.title, entry=entry) for entry in added]
        conflicts += _lost_objects(formset.model, formset.concurrently_deleted)
    return conflicts


def build_conflicts_of_deleted(form, formsets):
    """Return what was submitted for a page whose object others have deleted, as a list of ObjectConflict."""
    conflicts = _lost_objects(form._meta.model, [form])
    for formset in formsets:
        conflicts += _lost_objects(formset.model, formset.concurrently_deleted)
        conflicts += [ObjectConflict("", lost_input=_lost_input(formset.model(), row)) for row in formset.extra_forms]
    return conflicts


def _field_conflicts(form, related):
    changes, conflicts = form.concurrent_changes, []
    field_changes = {change.name: change for change in diff(changes.base or {}, changes.current, related=related)}
    for changed in [*form.conflicts, *form.auto_merged]:
        my_value = None
        if changed in form.conflicts and changed.name in form.invalid_fields:
            my_value = form[changed.name].value()
        elif changed in form.conflicts:
            my_value = display_value(changed, field_value(changed, form.instance), related)
        html_name = form.add_prefix(changed.name)
        conflicts.append(FieldConflict(field_changes[changed.name], changes.records[changed], html_name, my_value))
    return conflicts


def _lost_objects(model, forms):
    """Return what was submitted in each form for an object that others have deleted or moved."""
    by_pk, conflicts = {form.instance.pk: form for form in forms}, []
    for entry in _latest_entries(model, by_pk):
        lost_input = _lost_input(entry.record, by_pk[entry.record.id])
        conflicts.append(ObjectConflict(entry.title, entry=entry, lost_input=lost_input, still_exists=False))
    return conflicts


def _lost_input(record, form):
    """Return the changes that the form would have made to the record."""
    form.full_clean()
    names = {field.name for field in form.visible_fields()}
    return [change for change in diff(record, form.instance) if change.name in names]


def _latest_entries(model, ids):
    latest_records = model.history.filter(id__in=ids).latest_of_each()
    return load_entries(model, latest_records.values_list("history_id", flat=True)) if ids else []
