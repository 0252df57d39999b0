from django.contrib import admin

from partners.admin.base import RegisterAdmin
from partners.models import AgreementType


@admin.register(AgreementType)
class AgreementTypeAdmin(RegisterAdmin):
    list_display = ["name", "position", "description"]
    search_fields = ["search_text"]
    fields = ["name", "position", "description", ("places_out", "places_in"), "other_names", "slug"]
