"""Forms with optimistic locking: they do not overwrite changes made by others since the page was opened.

The page submits the versions of all objects it displayed. Fields that only others changed are merged, fields that both
changed keep the submitted value, and nothing is saved until the user has seen the conflicts.
"""

import copy
import re

from django import forms
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from partners.history.concurrent_changes import ConcurrentChanges

VERSIONS_FIELD = "versions"
"""Hidden field with the model name, pk and version of each displayed object."""
ACCEPT_THEIRS_FIELD = "theirs"
"""Checkboxes whose values are the HTML names of the fields to overwrite with the current value."""
MAX_PK_DIGITS = 18
"""Any number of 18 digits fits into a 64-bit primary key."""


def serialize_versions(objects):
    return " ".join(f"{obj._meta.model_name}-{obj.pk}-{obj.version}" for obj in objects)


def parse_versions(data, model):
    """Return the submitted versions of a model's objects by pk. None if the field is missing."""
    if data is None or VERSIONS_FIELD not in data:
        return None
    found = re.findall(
        rf"\b{model._meta.model_name}-(\d{{1,{MAX_PK_DIGITS}}})-(\d{{1,{MAX_PK_DIGITS}}})\b", data[VERSIONS_FIELD]
    )
    return {int(pk): int(version) for pk, version in found}


def as_post_data(form, name, obj):
    """Return the values that the form would submit for a field of the object, as a list of strings."""
    initial = form._meta.model._meta.get_field(name).value_from_object(obj)
    value = form.fields[name].prepare_value(initial)
    return ["" if item is None else str(item) for item in (value if isinstance(value, list) else [value])]


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
        self.auto_merged, self.conflicts = [], []
        self.invalid_fields = set()

    @cached_property
    def concurrent_changes(self):
        """A formset replaces this by the changes to all of its objects."""
        versions = parse_versions(self.data, self._meta.model)
        return ConcurrentChanges([self.original], versions) if self.original.pk and versions else ConcurrentChanges()

    @property
    def has_concurrent_changes(self):
        return bool(self.auto_merged or self.conflicts)

    def full_clean(self):
        if self.is_bound:
            self._use_current_values(name for name in self.fields if self.add_prefix(name) in self._accepted_theirs())
        super().full_clean()
        if self.is_bound and self.original.pk:
            self._compare()
        if self.auto_merged:
            self._use_current_values(change.name for change in self.auto_merged)
            super().full_clean()
        if self.has_concurrent_changes:
            self._add_conflict_errors()

    def _compare(self):
        """Compare base, current and submitted values: merge untouched fields, treat the rest as conflicts."""
        self.invalid_fields = set(self.errors)
        changes = self.concurrent_changes.changes(self.original.pk)
        changes = [change for change in changes if self._is_editable(change.name) and not self._matches_current(change)]
        self.auto_merged = [change for change in changes if self._is_untouched(change)]
        self.conflicts = [change for change in changes if not self._is_untouched(change)]

    def _matches_current(self, change):
        return change.name not in self.invalid_fields and change.matches_current(self.instance)

    def _is_untouched(self, change):
        return change.name not in self.invalid_fields and change.matches_base(self.instance)

    def _is_editable(self, name):
        return name in self.fields and not self.fields[name].disabled

    def _add_conflict_errors(self):
        self.add_error(None, _("A colleague was faster. See on top what has changed, then save again."))
        for change in self.conflicts:
            self.add_error(change.name, _("A colleague has changed this too. Yours is what you typed."))

    def _accepted_theirs(self):
        return self.data.getlist(ACCEPT_THEIRS_FIELD) if hasattr(self.data, "getlist") else ()

    def _use_current_values(self, names):
        for name in names:
            self.data = self.data.copy()
            self.data.setlist(self.add_prefix(name), as_post_data(self, name, self.original))


class OptimisticLockingFormSet(forms.BaseInlineFormSet):
    """Formset of annotated objects that includes rows added by others and drops those deleted by others."""

    is_incomplete = False
    """The submitted form counts do not match the submitted rows."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.concurrently_added, self.concurrently_deleted = [], []
        if self.is_bound and self.versions is not None:
            self._sync_rows()

    @cached_property
    def management_form(self):
        """Limit the submitted counts to the number of submitted rows, as each form takes memory."""
        form = super().management_form
        if self.is_bound:
            counts, row_count = form.cleaned_data, self._count_submitted_rows()
            submitted = [counts[name] for name in (INITIAL_FORM_COUNT, TOTAL_FORM_COUNT)]
            initial, total = (max(0, min(count, row_count)) for count in submitted)
            extra_ids = (self.data.get(f"{self.add_prefix(index)}-id") for index in range(initial, total))
            self.is_incomplete = submitted != [initial, total] or any(extra_ids)
            counts |= {INITIAL_FORM_COUNT: initial, TOTAL_FORM_COUNT: total}
        return form

    @cached_property
    def versions(self):
        return parse_versions(self.data, self.model)

    @cached_property
    def concurrent_changes(self):
        return ConcurrentChanges(self.get_queryset(), self.versions or {})

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.concurrent_changes = self.concurrent_changes

    def clean(self):
        super().clean()
        if self.is_incomplete:
            raise forms.ValidationError(_("The page was not sent whole, and nothing was saved. Open it again."))
        has_other_rows = self.concurrently_added or self.concurrently_deleted
        if has_other_rows or any(form.has_concurrent_changes for form in self.forms):
            raise forms.ValidationError(_("A colleague was faster. See on top what has changed, then save again."))

    def _sync_rows(self):
        """Add rows for the objects added by others to the submitted data, and remove those of deleted objects."""
        existing = {obj.pk: obj for obj in self.get_queryset()}
        initial_count = self.initial_form_count()
        rows = [self._submitted_row(index) for index in range(self.total_form_count())]
        initial_rows, extra_rows = rows[:initial_count], rows[initial_count:]
        remaining = [row for row in initial_rows if _parse_pk(row) in existing]
        known_pks = {*self.versions, *map(_parse_pk, remaining)}
        self.concurrently_added = [obj for pk, obj in existing.items() if pk not in known_pks]
        self.concurrently_deleted = [
            self._form_of_deleted(index, row) for index, row in enumerate(initial_rows) if _was_deleted(row, existing)
        ]
        if self.concurrently_added or len(remaining) < initial_count:
            added_rows = [self._unchanged_row(obj) for obj in self.concurrently_added]
            self._rebuild_post_data(remaining + added_rows, extra_rows)

    def _form_of_deleted(self, index, row):
        form = self.form(self.data, prefix=self.add_prefix(index), instance=self.model(pk=_parse_pk(row)))
        form.concurrent_changes = ConcurrentChanges()
        return form

    def _count_submitted_rows(self):
        row_prefix = re.compile(rf"{re.escape(self.prefix)}-([0-9]+)-")
        return len({match[1] for match in map(row_prefix.match, self.data) if match})

    def _submitted_row(self, index):
        """Return the lists of values by field name."""
        prefix = f"{self.add_prefix(index)}-"
        return {key.removeprefix(prefix): self.data.getlist(key) for key in self.data if key.startswith(prefix)}

    def _unchanged_row(self, obj):
        """Return the row as it would be submitted for the object."""
        form = self.form(instance=obj)
        return {"id": [str(obj.pk)]} | {name: as_post_data(form, name, obj) for name in form.fields}

    def _rebuild_post_data(self, initial_rows, extra_rows):
        other_keys = [key for key in self.data if not re.match(rf"{re.escape(self.prefix)}-\d+-", key)]
        data = self.data.copy()
        data.clear()
        for key in other_keys:
            data.setlist(key, self.data.getlist(key))
        for index, row in enumerate([*initial_rows, *extra_rows]):
            for name, values in row.items():
                data.setlist(f"{self.add_prefix(index)}-{name}", values)
        data[f"{self.prefix}-INITIAL_FORMS"] = len(initial_rows)
        data[f"{self.prefix}-TOTAL_FORMS"] = len(initial_rows) + len(extra_rows)
        self.data = data
        del self.management_form


def _was_deleted(row, existing):
    """Return whether others deleted the object. A row that was to be deleted anyway does not count."""
    return _parse_pk(row) not in existing and "DELETE" not in row


def _parse_pk(row):
    pk = next(iter(row.get("id", [])), "")
    return int(pk) if pk.isdecimal() and len(pk) <= MAX_PK_DIGITS else None
