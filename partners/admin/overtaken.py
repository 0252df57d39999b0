"""What colleagues did while somebody had a page open, and what was typed there, in words."""

import copy
from dataclasses import dataclass, field

from partners.past.differences import Difference, differences, shown
from partners.past.entries import DELETED, Entry, entries
from partners.past.meanwhile import Change, value
from partners.past.related import Related, newest_records


@dataclass
class Line:
    """A field that a colleague has changed."""

    change: Change
    difference: Difference
    name: str
    """As the page posts it."""
    mine: str | None = None
    """What was typed, where both have changed it."""


@dataclass
class Told:
    """What happened to one object of the page."""

    title: str
    lines: list[Line] = field(default_factory=list)
    entry: Entry | None = None
    """The change by which it came here or went."""
    typed: list[Difference] = field(default_factory=list)
    """What was lost with it."""
    is_here: bool = True

    @property
    def is_deleted(self):
        return self.entry.record.history_type == DELETED


def overtaken(form, formsets):
    """Everything on a page that colleagues have changed since it was opened, in its order."""
    rows = [row for formset in formsets for row in formset.initial_forms]
    told = _changed([each for each in [form, *rows] if each.is_overtaken])
    for formset in formsets:
        told += _added(formset) + _gone(formset)
    return told


def _changed(forms):
    changes = [change for form in forms for change in [*form.taken, *form.clashes]]
    mine = [_mine(form) for form in forms]
    related = Related([*mine, *(row for each in changes for row in (each.before, each.now) if row)])
    return [_told(form, each, related) for form, each in zip(forms, mine, strict=True)]


def _told(form, mine, related):
    taken = [Line(each, each.words(related), form.add_prefix(each.name)) for each in form.taken]
    clashes = [
        Line(each, each.words(related), form.add_prefix(each.name), _typed(form, each, mine, related))
        for each in form.clashes
    ]
    return Told(related.title(form.now), clashes + taken)


def _mine(form):
    """What was typed, as the register would hold it, as far as it can be read."""
    mine = copy.copy(form.instance)
    for change in form.clashes:
        if change.name not in form.unreadable:
            setattr(mine, change.field.attname, value(change.field, mine))
    return mine


def _typed(form, change, mine, related):
    if change.name in form.unreadable:
        return form[change.name].value()
    return shown(change.field, mine, related)


def _added(formset):
    return [Told(entry.title, entry=entry) for entry in _newest(formset.model, [each.pk for each in formset.added])]


def gone(form, formsets, record):
    """What was typed on the page of something that a colleague has deleted."""
    (entry,) = entries(type(record).instance_type, [record.history_id])
    told = [Told(entry.title, entry=entry, typed=_unlike(record, form), is_here=False)]
    for formset in formsets:
        told += _gone(formset) + [Told("", typed=_unlike(formset.model(), row)) for row in formset.extra_forms]
    return told


def _gone(formset):
    forms = {form.instance.pk: form for form in formset.gone}
    return [
        Told(entry.title, entry=entry, typed=_unlike(entry.record, forms[entry.record.id]), is_here=False)
        for entry in _newest(formset.model, forms)
    ]


def _unlike(row, form):
    """What was typed into a form that is not as in the row."""
    form.full_clean()
    asked = {each.name for each in form.visible_fields()}
    return [each for each in differences(row, form.instance) if each.name in asked]


def _newest(model, ids):
    return entries(model, [record.history_id for record in newest_records(model, ids)]) if ids else []
