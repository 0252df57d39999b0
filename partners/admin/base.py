"""Base class of the register's model admins: search, facet counts, history, optimistic locking."""

from django.contrib import admin

from partners.admin.changelist import RegisterChangeList
from partners.admin.date_fields import DATE_OVERRIDES
from partners.admin.object_history import HistoryAdmin
from partners.admin.optimistic_locking import OptimisticLockingAdmin


class RegisterAdmin(OptimisticLockingAdmin, HistoryAdmin):
    show_facets = admin.ShowFacets.ALWAYS
    list_per_page = 100
    formfield_overrides = DATE_OVERRIDES

    class Media:
        js = ["partners/unsaved.js"]

    def save_model(self, request, obj, form, change):
        """Do not save without a change, so that the object keeps its version and gets no empty history record."""
        if change and not form.has_changed():
            return
        obj._change_reason = "edited" if change else "added"
        super().save_model(request, obj, form, change)

    def get_changelist(self, request, **kwargs):
        return RegisterChangeList

    def get_search_results(self, request, queryset, search_term):
        return queryset.search(search_term), False
