"""Report of concurrent changes to the objects of a page, with the submitted values they conflict with."""

from partners.history.concurrent_changes import field_value
from partners.history.diff import diff, display_value
from partners.history.entries import load_entries
from partners.history.related_objects import RelatedObjects


def build_conflicts(form, formsets):
    """Return a dict for each object of the page that others have changed, added or deleted, with its ``title``.

    It has the ``fields`` that were changed, or the history ``entry`` that added the object to the page or removed it.
    An object that was removed has the ``lost_input``, the changes that were submitted for it.
    """
    rows = [row for formset in formsets for row in formset.initial_forms]
    changed = [candidate for candidate in [form, *rows] if candidate.has_concurrent_changes]
    compared = [(row.instance, row.concurrent_changes.base, row.concurrent_changes.current) for row in changed]
    related = RelatedObjects(instance for instances in compared for instance in instances if instance)
    conflicts = [{"title": related.title(row.original), "fields": _field_conflicts(row, related)} for row in changed]
    for formset in formsets:
        added = _latest_entries(formset.model, [obj.pk for obj in formset.concurrently_added])
        conflicts += [{"title": entry.title, "entry": entry, "still_exists": True} for entry in added]
        conflicts += _lost_objects(formset.model, formset.concurrently_deleted)
    return conflicts


def build_conflicts_of_deleted(form, formsets):
    """Return what was submitted for a page whose object others have deleted, as `build_conflicts` does."""
    conflicts = _lost_objects(form._meta.model, [form])
    for formset in formsets:
        conflicts += _lost_objects(formset.model, formset.concurrently_deleted)
        conflicts += [{"title": "", "lost_input": _lost_input(formset.model(), row)} for row in formset.extra_forms]
    return conflicts


def _field_conflicts(form, related):
    """Return each field's change, the record that changed it last, and the submitted value unless it was merged."""
    changes, conflicts = form.concurrent_changes, []
    field_changes = {change.name: change for change in diff(changes.base or {}, changes.current, related=related)}
    for field in [*form.conflicts, *form.auto_merged]:
        my_value = None
        if field in form.conflicts and field.name in form.invalid_fields:
            my_value = form[field.name].value()
        elif field in form.conflicts:
            my_value = display_value(field, field_value(field, form.instance), related)
        values = {"html_name": form.add_prefix(field.name), "my_value": my_value}
        conflicts.append({"change": field_changes[field.name], "record": changes.records[field]} | values)
    return conflicts


def _lost_objects(model, forms):
    """Return what was submitted in each form for an object that others have deleted or moved."""
    by_pk, conflicts = {form.instance.pk: form for form in forms}, []
    for entry in _latest_entries(model, by_pk):
        lost_input = _lost_input(entry.record, by_pk[entry.record.id])
        conflicts.append({"title": entry.title, "entry": entry, "lost_input": lost_input})
    return conflicts


def _lost_input(record, form):
    """Return the changes that the form would have made to the record."""
    form.full_clean()
    names = {field.name for field in form.visible_fields()}
    return [change for change in diff(record, form.instance) if change.name in names]


def _latest_entries(model, ids):
    latest_records = model.history.filter(id__in=ids).latest_of_each()
    return load_entries(model, latest_records.values_list("history_id", flat=True)) if ids else []
