"""Terms, and the rounds in which students apply."""

from django.contrib import admin
from django.db.models import ManyToManyField, URLField
from django.forms import CheckboxSelectMultiple
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners.admin.base import RegisterAdmin
from partners.admin.form_fields import PlainSelectMixin
from partners.models import ApplicationRound, Term


@admin.register(Term)
class TermAdmin(RegisterAdmin):
    list_display = ["__str__", "first_day", "last_day"]
    fields = ["name", ("first_day", "last_day")]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "name":
            field.widget.attrs["rows"] = 1
        return field


@admin.register(ApplicationRound)
class ApplicationRoundAdmin(PlainSelectMixin, RegisterAdmin):
    list_display = ["__str__", "types_display", "opens", "closes", "link"]
    list_select_related = ["term"]
    fields = ["term", "first_year", "agreement_types", ("opens", "closes"), "link"]
    formfield_overrides = RegisterAdmin.formfield_overrides | {
        ManyToManyField: {"widget": CheckboxSelectMultiple},
        URLField: {"assume_scheme": "https"},
    }

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("agreement_types")

    @admin.display(description=_("agreement types"))
    def types_display(self, application_round):
        return application_round.types_text or gettext("all")
