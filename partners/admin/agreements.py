from django.contrib import admin, messages
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from partners.admin.base import RegisterAdmin
from partners.admin.filters import StatusFilter
from partners.admin.signing import SigningView
from partners.models import Agreement

MOST_AT_ONCE = 100


@admin.register(Agreement)
class AgreementAdmin(RegisterAdmin):
    list_display = ["university", "country", "agreement_type", "status", "signed_on", "valid_until"]
    list_filter = [StatusFilter, "agreement_type", ("university__country", RelatedOnlyFieldListFilter)]
    list_select_related = ["university__country", "agreement_type"]
    search_fields = ["university__search_text"]
    search_help_text = _("University, its other names and city, or country. Accents and case do not matter.")
    ordering = ["university__name_key", "agreement_type__position", "pk"]
    autocomplete_fields = ["university"]
    fields = ["university", "agreement_type", "status", "signed_on", ("valid_from", "valid_until")]
    actions = ["mark_selected_as_signed"]

    def get_urls(self):
        signing = self.admin_site.admin_view(SigningView.as_view(model_admin=self))
        return [path("sign/", signing, name="partners_agreement_sign"), *super().get_urls()]

    @admin.display(description=_("country or territory"), ordering="university__country__name_key")
    def country(self, agreement):
        return agreement.university.country

    @admin.action(description=_("Mark selected as signed"), permissions=["change"])
    def mark_selected_as_signed(self, request, queryset):
        ids = queryset.order_by("pk").values_list("pk", flat=True)
        if len(ids) > MOST_AT_ONCE:
            messages.error(request, _("Select at most %d agreements to sign on one page.") % MOST_AT_ONCE)
            return None
        return redirect(reverse("admin:partners_agreement_sign", query={"id": list(ids)}))
