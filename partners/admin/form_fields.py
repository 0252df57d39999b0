"""Selects of the admin's forms."""

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q

from partners.models import Agreement

MAX_PK_DIGITS = 18
"""Digits that always fit a 64-bit primary key."""


def parse_pk(text):
    """Return the primary key, or None if the text can be none."""
    return int(text) if text.isdecimal() and len(text) <= MAX_PK_DIGITS else None


def assignable_users():
    """Return the users who can be responsible for an agreement: active staff, and those who already are."""
    active_staff = Q(is_staff=True, is_active=True)
    is_responsible = Exists(Agreement.objects.filter(responsible=OuterRef("pk")))
    return get_user_model().objects.filter(active_staff | Q(is_responsible)).order_by("username")


class TolerantAutocompleteSelect(AutocompleteSelect):
    """Autocomplete select that ignores values from a URL or a forged form that are no primary keys.

    Django's own looks them up, which raises an exception.
    """

    def optgroups(self, name, value, attrs=None):
        return super().optgroups(name, [pk for pk in value if parse_pk(str(pk))], attrs)


class PlainSelectMixin(BaseModelAdmin):
    """Admin form fields with plain selects, without the buttons to add or change objects, and low text areas."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "responsible":
            kwargs["queryset"] = assignable_users()
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = TolerantAutocompleteSelect(db_field, self.admin_site)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        if field and isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 3
        return field
