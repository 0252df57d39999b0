from django.contrib import admin
from django.db.models import Prefetch, URLField
from django.utils.translation import gettext_lazy as _

from partners.admin.agreement_inline import AgreementInline
from partners.admin.base import RegisterAdmin
from partners.admin.date_fields import DATE_OVERRIDES
from partners.admin.filters import UniversityCountryFilter, UniversityStatusFilter, UniversityTypeFilter
from partners.admin.import_export import RegisterImportExportMixin
from partners.admin.visibility import get_visibility
from partners.enums import AgreementStatus
from partners.imports.type_notation import Term
from partners.models import Agreement, University


@admin.register(University)
class UniversityAdmin(RegisterImportExportMixin, RegisterAdmin):
    list_display = ["name", "country", "agreements", "is_listed"]
    list_filter = [UniversityTypeFilter, UniversityStatusFilter, UniversityCountryFilter, "is_listed"]
    list_select_related = ["country"]
    search_fields = ["search_text"]
    search_help_text = _("Name, other names, city or country. Accents and case do not matter.")
    formfield_overrides = DATE_OVERRIDES | {URLField: {"assume_scheme": "https"}}
    inlines = [AgreementInline]
    change_form_template = "admin/partners/university/change_form.html"
    view_on_site = False
    fieldsets = [
        (None, {"fields": ["name", "country", "city", "website", "is_listed"]}),
        (_("Other names and address"), {"classes": ["collapse"], "fields": ["other_names", "slug"]}),
    ]

    def get_queryset(self, request):
        agreements = Agreement.objects.open().select_related("agreement_type").ordered_by_type()
        return super().get_queryset(request).prefetch_related(Prefetch("agreements", agreements, "open_agreements"))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        university = self.get_object(request, object_id)
        context = {"visibility": get_visibility(university)} if university else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | context)

    @admin.display(description=_("agreements"))
    def agreements(self, university):
        return ", ".join(map(_format_term, university.open_agreements))


def _format_term(agreement):
    agreement_type = agreement.agreement_type and agreement.agreement_type.name
    return str(Term(agreement_type, agreement.status == AgreementStatus.IN_PROCESS))
