"""What colleagues did while somebody had a page open, and what was typed there, in words."""

import copy
from dataclasses import dataclass, field

from partners.history.concurrent_changes import ConcurrentChange, field_value
from partners.history.diff import FieldChange, diff_records, display_value
from partners.history.entries import DELETED, HistoryEntry, load_entries
from partners.history.related_objects import RelatedObjects, latest_records


@dataclass
class FieldConflict:
    """A field that a colleague has changed."""

    change: ConcurrentChange
    difference: FieldChange
    name: str
    """As the page posts it."""
    mine: str | None = None
    """What was typed, where both have changed it."""


@dataclass
class ObjectConflict:
    """What happened to one object of the page."""

    title: str
    lines: list[FieldConflict] = field(default_factory=list)
    entry: HistoryEntry | None = None
    """The change by which it came here or went."""
    typed: list[FieldChange] = field(default_factory=list)
    """What was lost with it."""
    is_here: bool = True

    @property
    def is_deleted(self):
        return self.entry.record.history_type == DELETED


def build_conflicts(form, formsets):
    """Everything on a page that colleagues have changed since it was opened, in its order."""
    rows = [row for formset in formsets for row in formset.initial_forms]
    told = _changed([each for each in [form, *rows] if each.has_concurrent_changes])
    for formset in formsets:
        told += _added(formset) + _deleted_conflict(formset)
    return told


def _changed(forms):
    changes = [change for form in forms for change in [*form.taken, *form.clashes]]
    mine = [_my_conflict(form) for form in forms]
    related = RelatedObjects([*mine, *(row for each in changes for row in (each.before, each.now) if row)])
    return [_object_conflict(form, each, related) for form, each in zip(forms, mine, strict=True)]


def _object_conflict(form, mine, related):
    taken = [FieldConflict(each, each.words(related), form.add_prefix(each.name)) for each in form.taken]
    clashes = [
        FieldConflict(each, each.words(related), form.add_prefix(each.name), _typed_conflict(form, each, mine, related))
        for each in form.clashes
    ]
    return ObjectConflict(related.title(form.now), clashes + taken)


def _my_conflict(form):
    """What was typed, as the register would hold it, as far as it can be read."""
    mine = copy.copy(form.instance)
    for change in form.clashes:
        if change.name not in form.unreadable:
            setattr(mine, change.field.attname, field_value(change.field, mine))
    return mine


def _typed_conflict(form, change, mine, related):
    if change.name in form.unreadable:
        return form[change.name].value()
    return display_value(change.field, mine, related)


def _added(formset):
    return [
        ObjectConflict(entry.title, entry=entry)
        for entry in _latest_record(formset.model, [each.pk for each in formset.added])
    ]


def deleted_conflict(form, formsets, record):
    """What was typed on the page of something that a colleague has deleted."""
    (entry,) = load_entries(type(record).instance_type, [record.history_id])
    told = [ObjectConflict(entry.title, entry=entry, typed=_unlike(record, form), is_here=False)]
    for formset in formsets:
        told += _deleted_conflict(formset) + [
            ObjectConflict("", typed=_unlike(formset.model(), row)) for row in formset.extra_forms
        ]
    return told


def _deleted_conflict(formset):
    forms = {form.instance.pk: form for form in formset.gone}
    return [
        ObjectConflict(entry.title, entry=entry, typed=_unlike(entry.record, forms[entry.record.id]), is_here=False)
        for entry in _latest_record(formset.model, forms)
    ]


def _unlike(row, form):
    """What was typed into a form that is not as in the row."""
    form.full_clean()
    asked = {each.name for each in form.visible_fields()}
    return [each for each in diff_records(row, form.instance) if each.name in asked]


def _latest_record(model, ids):
    return load_entries(model, [record.history_id for record in latest_records(model, ids)]) if ids else []
