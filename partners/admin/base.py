"""What the register's screens have in common: search without accents, counts at the filters, history."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin


class RegisterAdmin(SimpleHistoryAdmin):
    show_facets = admin.ShowFacets.ALWAYS
    list_per_page = 100
    object_history_list_template = "admin/partners/_history_list.html"

    def save_model(self, request, obj, form, change):
        obj._change_reason = "edited" if change else "added"
        super().save_model(request, obj, form, change)

    def get_search_results(self, request, queryset, search_term):
        return queryset.search(search_term), False
