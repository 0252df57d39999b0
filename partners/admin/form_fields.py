"""Fields and widgets of the admin's forms: any unambiguous spelling of a date, and plain selects."""

import re
from datetime import date

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.contrib.auth import get_user_model
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from partners.dates import parse_date
from partners.models import Agreement

MAX_PK_DIGITS = 18
"""Digits that always fit a 64-bit primary key."""
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
DAY_VALIDATORS = [
    MinValueValidator(FIRST_DAY, _("Write a day from 1 Jan 1900 on.")),
    MaxValueValidator(LAST_DAY, _("Write a day up to 31 Dec 2999.")),
]


def parse_pk(text):
    """Return the primary key, or None if the text can be none."""
    return int(text) if text.isdecimal() and len(text) <= MAX_PK_DIGITS else None


def assignable_users():
    """Return the users who can be responsible for an agreement: active staff, and those who already are."""
    active_staff = Q(is_staff=True, is_active=True)
    is_responsible = Exists(Agreement.objects.filter(responsible=OuterRef("pk")))
    return get_user_model().objects.filter(active_staff | Q(is_responsible)).order_by("username")


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")

    def get_context(self, name, value, attrs):
        """Display an invalid or differently spelled value in a text input. A native date input would drop it."""
        context = super().get_context(name, value, attrs)
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", context["widget"]["value"] or "0000-00-00"):
            context["widget"]["type"] = "text"
        return context


class DateField(forms.DateField):
    widget = DateInput

    def to_python(self, value):
        return parse_date(value) if isinstance(value, str) else super().to_python(value)


DATE_OVERRIDES = {models.DateField: {"form_class": DateField, "widget": DateInput}}


class TolerantAutocompleteSelect(AutocompleteSelect):
    """Autocomplete select that ignores values from a URL or a forged form that are no primary keys.

    Django's own looks them up, which raises an exception.
    """

    def optgroups(self, name, value, attrs=None):
        return super().optgroups(name, [pk for pk in value if parse_pk(str(pk))], attrs)


class PlainSelectMixin(BaseModelAdmin):
    """Admin form fields with plain selects, without the buttons to add or change objects, and low text areas.

    The field of the scope suggests those of the datalist in `admin/partners/_scopes.html`.
    """

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "responsible":
            kwargs["queryset"] = assignable_users()
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = TolerantAutocompleteSelect(db_field, self.admin_site)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "scope":
            field.widget.attrs["list"] = "scopes"
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        if field and isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 3
        return field
