"""Forms that are not saved over what a colleague has written since they were opened.

The page carries the versions of all that it has shown. What is left as it was takes what the colleague
wrote, what both have changed stays as it was typed, and nothing is saved before both were seen.
"""

import copy
import re

from django import forms
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from partners.history.concurrent_changes import ConcurrentChanges

VERSIONS_FIELD = "versions"
"""Carries what the page has shown: each object's model, number and version."""
ACCEPT_THEIRS_FIELD = "theirs"
"""Names the fields, as they are posted, that take what the colleague wrote."""
MAX_PK_DIGITS = 18
"""Of a number that fits into a primary key."""


def serialize_versions(objects):
    return " ".join(f"{each._meta.model_name}-{each.pk}-{each.version}" for each in objects)


def parse_versions(data, model):
    """The versions of a model's objects that a posted page has shown, by number. None if it does not say."""
    if data is None or VERSIONS_FIELD not in data:
        return None
    found = re.findall(
        rf"\b{model._meta.model_name}-(\d{{1,{MAX_PK_DIGITS}}})-(\d{{1,{MAX_PK_DIGITS}}})\b", data[VERSIONS_FIELD]
    )
    return {int(pk): int(version) for pk, version in found}


def as_post_data(form, name, obj):
    """A field of an object as its form would post it."""
    initial = form._meta.model._meta.get_field(name).value_from_object(obj)
    value = form.fields[name].prepare_value(initial)
    return ["" if each is None else str(each) for each in (value if isinstance(value, list) else [value])]


class CopyInstanceMixin:
    """Put the posted values into a copy of the object.

    The page goes on displaying the object itself, in its title and its breadcrumbs, even when the form is invalid.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.original = self.instance
        self.instance = copy.copy(self.instance)


class OptimisticLockingForm(CopyInstanceMixin, forms.ModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.now = self.original
        self.taken, self.clashes = [], []
        self.unreadable = set()

    @cached_property
    def meanwhile(self):
        """Of the objects of the whole formset, where the form is a row of one."""
        versions = parse_versions(self.data, self._meta.model)
        return ConcurrentChanges([self.now], versions) if self.now.pk and versions else ConcurrentChanges()

    @property
    def has_concurrent_changes(self):
        return bool(self.taken or self.clashes)

    def full_clean(self):
        if self.is_bound:
            self._take(name for name in self.fields if self.add_prefix(name) in self._asked_for())
        super().full_clean()
        if self.is_bound and self.now.pk:
            self._compare()
        if self.taken:
            self._take(change.name for change in self.taken)
            super().full_clean()
        if self.has_concurrent_changes:
            self._refuse()

    def _compare(self):
        """Of what others have changed, what was typed here can be the same, or as it was before, or another value."""
        self.unreadable = set(self.errors)
        changes = [each for each in self.meanwhile.changes(self.now.pk) if self._is_asked(each.name)]
        unlike = [each for each in changes if each.name in self.unreadable or not each.is_as_now(self.instance)]
        self.taken = [each for each in unlike if self._is_untouched(each)]
        self.clashes = [each for each in unlike if not self._is_untouched(each)]

    def _is_untouched(self, change):
        return change.name not in self.unreadable and change.is_as_before(self.instance)

    def _is_asked(self, name):
        return name in self.fields and not self.fields[name].disabled

    def _refuse(self):
        self.add_error(None, _("A colleague was faster. See on top what has changed, then save again."))
        for change in self.clashes:
            self.add_error(change.name, _("A colleague has changed this too. Yours is what you typed."))

    def _asked_for(self):
        return self.data.getlist(ACCEPT_THEIRS_FIELD) if hasattr(self.data, "getlist") else ()

    def _take(self, names):
        for name in names:
            self.data = self.data.copy()
            self.data.setlist(self.add_prefix(name), as_post_data(self, name, self.now))


class OptimisticLockingFormSet(forms.BaseInlineFormSet):
    """Its objects are read with their versions. It follows what others have added and deleted."""

    is_incomplete = False
    """The posted counts of forms are not those of the posted rows."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.added, self.gone = [], []
        if self.is_bound and self.versions is not None:
            self._follow()

    @cached_property
    def management_form(self):
        """The posted counts, limited to the rows that were posted: each form takes memory."""
        form = super().management_form
        if self.is_bound:
            counts, rows = form.cleaned_data, self._posted_rows()
            posted = [counts[name] for name in (INITIAL_FORM_COUNT, TOTAL_FORM_COUNT)]
            initial, total = (max(0, min(count, rows)) for count in posted)
            is_known = (self.data.get(f"{self.add_prefix(number)}-id") for number in range(initial, total))
            self.is_incomplete = posted != [initial, total] or any(is_known)
            counts |= {INITIAL_FORM_COUNT: initial, TOTAL_FORM_COUNT: total}
        return form

    @cached_property
    def versions(self):
        return parse_versions(self.data, self.model)

    @cached_property
    def meanwhile(self):
        return ConcurrentChanges(self.get_queryset(), self.versions or {})

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.meanwhile = self.meanwhile

    def clean(self):
        super().clean()
        if self.is_incomplete:
            raise forms.ValidationError(_("The page was not sent whole, and nothing was saved. Open it again."))
        if self.added or self.gone or any(form.has_concurrent_changes for form in self.forms):
            raise forms.ValidationError(_("A colleague was faster. See on top what has changed, then save again."))

    def _follow(self):
        """Gives the posted rows those that others have added, and takes away those that they have deleted."""
        here = {each.pk: each for each in self.get_queryset()}
        initial = self.initial_form_count()
        rows = [self._row(number) for number in range(self.total_form_count())]
        held = [row for row in rows[:initial] if _parse_number(row) in here]
        self.added = [each for pk, each in here.items() if pk not in {*self.versions, *map(_parse_number, held)}]
        self.gone = [self._gone(number, row) for number, row in enumerate(rows[:initial]) if _was_deleted(row, here)]
        if self.added or len(held) < initial:
            self._post(held + [self._row_of(each) for each in self.added], rows[initial:])

    def _gone(self, number, row):
        """What was typed into the row of something that is no longer here."""
        form = self.form(self.data, prefix=self.add_prefix(number), instance=self.model(pk=_parse_number(row)))
        form.meanwhile = ConcurrentChanges()
        return form

    def _posted_rows(self):
        start = re.compile(rf"{re.escape(self.prefix)}-([0-9]+)-")
        return len({match[1] for match in map(start.match, self.data) if match})

    def _row(self, number):
        start = f"{self.add_prefix(number)}-"
        return {key.removeprefix(start): self.data.getlist(key) for key in self.data if key.startswith(start)}

    def _row_of(self, obj):
        form = self.form(instance=obj)
        return {"id": [str(obj.pk)]} | {name: as_post_data(form, name, obj) for name in form.fields}

    def _post(self, held, new):
        kept = [key for key in self.data if not re.match(rf"{re.escape(self.prefix)}-\d+-", key)]
        data = self.data.copy()
        data.clear()
        for key in kept:
            data.setlist(key, self.data.getlist(key))
        for number, row in enumerate([*held, *new]):
            for name, values in row.items():
                data.setlist(f"{self.add_prefix(number)}-{name}", values)
        data[f"{self.prefix}-INITIAL_FORMS"] = len(held)
        data[f"{self.prefix}-TOTAL_FORMS"] = len(held) + len(new)
        self.data = data
        del self.management_form


def _was_deleted(row, here):
    """Somebody else has deleted what was to be changed."""
    return _parse_number(row) not in here and "DELETE" not in row


def _parse_number(row):
    pk = next(iter(row.get("id", [])), "")
    return int(pk) if pk.isdecimal() and len(pk) <= MAX_PK_DIGITS else None
