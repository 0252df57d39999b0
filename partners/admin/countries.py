from django.contrib import admin
from django.db.models import Count

from partners.admin.base import RegisterAdmin
from partners.models import Country


@admin.register(Country)
class CountryAdmin(RegisterAdmin):
    list_display = ["name", "code", "university_count", "other_names"]
    search_fields = ["search_text"]
    fields = ["name", "code", "other_names"]
    list_per_page = 300
    ordering = ["name_key"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(university_count=Count("universities"))

    @admin.display(description="universities", ordering="university_count")
    def university_count(self, country):
        return country.university_count
