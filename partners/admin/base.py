"""What the register's screens have in common: search without accents, counts at the filters, history."""

from django.contrib import admin
from simple_history.template_utils import HistoricalRecordContextHelper

from partners.admin.date_fields import DATE_OVERRIDES
from partners.admin.facet_changelist import FacetChangeList
from partners.admin.object_history import HistoryAdmin
from partners.admin.optimistic_locking import OptimisticLockingAdmin


class ReadableDeltaMixin(HistoricalRecordContextHelper):
    """Changes in the words of the register, not in the values of its database."""

    def prepare_delta_change_value(self, change, value):
        if value in (None, "") or getattr(value, "pk", value) is None:
            return "–"  # noqa: RUF001
        return dict(self.model._meta.get_field(change.field).flatchoices).get(value, value)


class RegisterAdmin(OptimisticLockingAdmin, HistoryAdmin):
    show_facets = admin.ShowFacets.ALWAYS
    list_per_page = 100
    formfield_overrides = DATE_OVERRIDES

    class Media:
        js = ["partners/unsaved.js"]

    def get_historical_record_context_helper(self, request, historical_record):
        return ReadableDeltaMixin(self.model, historical_record)

    def save_model(self, request, obj, form, change):
        """Saved without a change, it keeps its version and its history."""
        if change and not form.has_changed():
            return
        obj._change_reason = "edited" if change else "added"
        super().save_model(request, obj, form, change)

    def get_changelist(self, request, **kwargs):
        return FacetChangeList

    def get_search_results(self, request, queryset, search_term):
        return queryset.search(search_term), False
