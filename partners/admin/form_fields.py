"""What the office's forms offer to choose from."""

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q

from partners.models import Agreement

MAX_PK_DIGITS = 18


def assignable_users():
    """Who may be responsible for an agreement: those at work in the office, and those who are already."""
    at_work, named = Q(is_staff=True, is_active=True), Exists(Agreement.objects.filter(responsible=OuterRef("pk")))
    return get_user_model().objects.filter(at_work | Q(named)).order_by("username")


class TolerantAutocompleteSelect(AutocompleteSelect):
    """Shows nothing as chosen where an address or a forged form names what can be no primary key.

    Django's own looks it up, and fails.
    """

    def optgroups(self, name, value, attrs=None):
        return super().optgroups(name, [pk for pk in value if _is_primary_key(str(pk))], attrs)


def _is_primary_key(text):
    return text.isdecimal() and len(text) <= MAX_PK_DIGITS


class PlainSelectMixin:
    """Selects without buttons beside them, and notes of a height that leaves the page an overview."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        if field and isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 3
        return field

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "responsible":
            kwargs["queryset"] = assignable_users()
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = TolerantAutocompleteSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
