"""Forms with optimistic locking: they do not overwrite changes made by others since the page was opened.

The page submits the versions of all objects it displayed. Fields that only others changed are merged, fields that both
changed keep the submitted value, and nothing is saved until the user has seen the conflicts.
"""

import copy
import re
from collections import defaultdict

from django import forms
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from partners.admin.form_fields import MAX_PK_DIGITS, parse_pk
from partners.history.concurrent_changes import field_value, load_concurrent_changes

VERSIONS_FIELD = "versions"
"""Hidden field with the model name, pk and version of each displayed object."""
ACCEPT_THEIRS_FIELD = "theirs"
"""Checkboxes whose values are the HTML names of the fields to overwrite with the current value."""
PK_PATTERN = rf"([0-9]{{1,{MAX_PK_DIGITS}}})"


def serialize_versions(objects):
    return " ".join(f"{obj._meta.model_name}-{obj.pk}-{obj.version}" for obj in objects)


def parse_versions(data, model):
    """Return the submitted versions of a model's objects by pk. None if the field is missing."""
    if VERSIONS_FIELD not in data:
        return None
    found = re.findall(rf"\b{model._meta.model_name}-{PK_PATTERN}-{PK_PATTERN}\b", data[VERSIONS_FIELD])
    return {int(pk): int(version) for pk, version in found}


def parse_rows(data, prefix):
    """Return the submitted rows of a formset by their index, each with the lists of values by field name."""
    rows = defaultdict(dict)
    for key, values in data.lists():
        if match := re.fullmatch(rf"{re.escape(prefix)}-([0-9]{{1,9}})-(.+)", key):
            rows[int(match[1])][match[2]] = values
    return dict(sorted(rows.items()))


def replace_rows(data, prefix, rows):
    """Return the submitted data or files with these rows of a formset, numbered anew, in place of its own."""
    replaced = MultiValueDict()
    for key, values in data.lists():
        if not re.match(rf"{re.escape(prefix)}-[0-9]+-", key):
            replaced.setlist(key, values)
    for index, row in enumerate(rows):
        for name, values in row.items():
            replaced.setlist(f"{prefix}-{index}-{name}", values)
    return replaced


def as_post_data(form, name, obj):
    """Return the values that the form would submit for a field of the object, as a list of strings."""
    initial = form._meta.model._meta.get_field(name).value_from_object(obj)
    value = form.fields[name].prepare_value(initial)
    return ["" if item is None else str(item) for item in (value if isinstance(value, list) else [value])]


class CopyInstanceForm(forms.ModelForm):
    """Model form that puts the posted values into a copy of the object.

    The page goes on displaying the object itself, in its title and its breadcrumbs, even when the form is invalid.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.original = self.instance
        self.instance = copy.copy(self.instance)


class OptimisticLockingForm(CopyInstanceForm):
    """Form of an annotated object. A formset passes the ``concurrent_changes`` of all its objects by pk."""

    def __init__(self, *args, concurrent_changes=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.auto_merged, self.conflicts, self.invalid_fields = [], [], set()
        if concurrent_changes is None and (versions := parse_versions(self.data, self._meta.model)):
            concurrent_changes = load_concurrent_changes([self.original] if self.original.pk else [], versions)
        self.concurrent_changes = (concurrent_changes or {}).get(self.original.pk)

    @property
    def has_concurrent_changes(self):
        return bool(self.auto_merged or self.conflicts)

    def is_valid(self):
        """Return False for concurrent changes too. The page says them on top, and an error would say them again."""
        return super().is_valid() and not self.has_concurrent_changes

    def full_clean(self):
        if self.is_bound:
            accepted = self.data.getlist(ACCEPT_THEIRS_FIELD)
            self._use_current_values([name for name in self.fields if self.add_prefix(name) in accepted])
        super().full_clean()
        if self.concurrent_changes:
            self._compare()
        if self.auto_merged:
            self._use_current_values([field.name for field in self.auto_merged])
            super().full_clean()
        for field in self.conflicts:
            self.add_error(field.name, _("A colleague has changed this too. Yours is what you typed."))

    def _compare(self):
        """Compare base, current and submitted values: merge untouched fields, treat the rest as conflicts."""
        self.auto_merged, self.conflicts, self.invalid_fields = [], [], set(self.errors)
        changes, editable = self.concurrent_changes, {name for name in self.fields if not self.fields[name].disabled}
        for field in [field for field in changes.records if field.name in editable]:
            submitted = field_value(field, self.instance)
            if field.name in self.invalid_fields:
                self.conflicts.append(field)
            elif changes.base and submitted == field_value(field, changes.base):
                self.auto_merged.append(field)
            elif submitted != field_value(field, changes.current):
                self.conflicts.append(field)

    def _use_current_values(self, names):
        if names:
            self.data = self.data.copy()
        for name in names:
            self.data.setlist(self.add_prefix(name), as_post_data(self, name, self.original))


class OptimisticLockingFormSet(forms.BaseInlineFormSet):
    """Formset of annotated objects that includes rows added by others and drops those deleted by others."""

    is_incomplete = False
    """The submitted form counts do not match the submitted rows."""
    nested_formsets = ()
    """The formsets of its rows."""

    def __init__(self, data=None, files=None, **kwargs):
        super().__init__(data, files, **kwargs)
        # Django puts a plain dict in place of an empty QueryDict.
        self.data = self.data if data is None else data
        self.files = self.files if files is None else files
        self.versions = parse_versions(self.data, self.model)
        self.concurrently_added, self.concurrently_deleted = [], []
        if self.is_bound and self.versions is not None:
            self._merge_rows()
        self.concurrent_changes = load_concurrent_changes(self.get_queryset(), self.versions) if self.versions else {}

    @cached_property
    def management_form(self):
        """Limit the submitted counts to the number of submitted rows, as each form takes memory."""
        form = super().management_form
        if self.is_bound:
            counts, rows = form.cleaned_data, parse_rows(self.data, self.prefix)
            submitted = [counts[INITIAL_FORM_COUNT], counts[TOTAL_FORM_COUNT]]
            initial, total = (max(0, min(count, len(rows))) for count in submitted)
            extra_ids = [row.get("id", [""])[-1] for index, row in rows.items() if initial <= index < total]
            self.is_incomplete = submitted != [initial, total] or any(extra_ids)
            counts |= {INITIAL_FORM_COUNT: initial, TOTAL_FORM_COUNT: total}
        return form

    def get_form_kwargs(self, index):
        return super().get_form_kwargs(index) | {"concurrent_changes": self.concurrent_changes}

    def clean(self):
        super().clean()
        if self.is_incomplete:
            raise forms.ValidationError(_("The page was not sent whole, and nothing was saved. Open it again."))

    def is_valid(self):
        """Return False for rows that others have added, deleted or changed, too. Django skips rows to be deleted."""
        has_other_rows = self.concurrently_added or self.concurrently_deleted
        return super().is_valid() and not (has_other_rows or any(form.has_concurrent_changes for form in self.forms))

    def _merge_rows(self):
        """Add rows for the objects added by others to the submitted data, and remove those of deleted objects."""
        existing = {obj.pk: obj for obj in self.get_queryset()}
        known_pks, initial_rows, extra_rows, has_missing = set(self.versions), {}, {}, False
        for index, row in parse_rows(self.data, self.prefix).items():
            pk = parse_pk(row.get("id", [""])[-1])
            if pk is None:
                extra_rows[index] = row
            elif pk in existing:
                known_pks.add(pk)
                initial_rows[index] = row
            else:
                has_missing = True
                if "DELETE" not in row:
                    kwargs = {"prefix": self.add_prefix(index), "instance": self.model(pk=pk)}
                    self.concurrently_deleted.append(self.form(self.data, concurrent_changes={}, **kwargs))
        self.concurrently_added = [obj for pk, obj in existing.items() if pk not in known_pks]
        if self.concurrently_added or has_missing:
            for obj in self.concurrently_added:
                form = self.form(instance=obj)
                values = {name: as_post_data(form, name, obj) for name in form.fields}
                initial_rows[obj] = {"id": [str(obj.pk)]} | values
            rows = initial_rows | extra_rows
            self.data = replace_rows(self.data, self.prefix, rows.values())
            self.data[f"{self.prefix}-{INITIAL_FORM_COUNT}"] = len(initial_rows)
            self.data[f"{self.prefix}-{TOTAL_FORM_COUNT}"] = len(rows)
            if self.files:
                files = parse_rows(self.files, self.prefix)
                self.files = replace_rows(self.files, self.prefix, [files.get(index, {}) for index in rows])
