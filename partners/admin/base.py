"""Base class of the register's model admins: search, facet counts, history, optimistic locking."""

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count, F
from django.db.models.expressions import OrderBy
from django.shortcuts import redirect

from partners.admin.form_fields import DATE_OVERRIDES
from partners.admin.object_history import HistoryAdmin
from partners.admin.optimistic_locking import OptimisticLockingAdmin
from partners.http import safe_next_url


class RegisterChangeList(ChangeList):
    def __init__(self, *args, **kwargs):
        self._grouped_counts = {}
        super().__init__(*args, **kwargs)

    def get_ordering(self, request, queryset):
        """Put rows without a value last, in either direction. By default, SQLite has them first, PostgreSQL last."""
        ordering = []
        for term in super().get_ordering(request, queryset):
            if isinstance(term, str):
                ordering += _sort_by_path(self.model, term.removeprefix("-"), is_descending=term.startswith("-"))
            else:
                ordering.append(OrderBy(term.expression, descending=term.descending, nulls_last=True))
        return ordering

    def grouped_counts(self, request, columns, excluded=()):
        """Return a dict for each combination of the columns' values, with `count`, ignoring the excluded parameters.

        With a search, all filters' columns are grouped at once, because the search takes longer than the grouping.
        """
        if self.query:
            columns = tuple(sorted({name for spec in self.filter_specs for name in getattr(spec, "columns", ())}))
        key = columns, *excluded
        if key not in self._grouped_counts:
            rows = self.get_queryset(request, exclude_parameters=excluded).order_by().values(*columns)
            self._grouped_counts[key] = list(rows.annotate(count=Count("pk")))
        return self._grouped_counts[key]


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

    def response_post_save_add(self, request, obj):
        """Redirect to where the user was going, the query parameter ``next``, or to the list."""
        if "next" not in request.GET:
            return super().response_post_save_add(request, obj)
        changelist = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return redirect(safe_next_url(request, request.GET["next"], changelist))

    response_post_save_change = response_post_save_add

    def get_changelist(self, request, **kwargs):
        return RegisterChangeList

    def get_search_results(self, request, queryset, search_term):
        return queryset.search(search_term) if self.search_fields else queryset, False


def _sort_by_path(model, path, is_descending):
    """Return order-by expressions for a path. A nullable relation is expanded to the ordering of its model."""
    try:
        fields = get_fields_from_path(model, path)
    except FieldDoesNotExist:  # such as pk, or an annotation
        fields = []
    if not any(field.null for field in fields):
        return [f"-{path}" if is_descending else path]
    related_ordering = fields[-1].related_model._meta.ordering if fields[-1].is_relation else ()
    terms = []
    for name in related_ordering:
        is_reversed = name.startswith("-") != is_descending
        terms += _sort_by_path(model, f"{path}__{name.removeprefix('-')}", is_descending=is_reversed)
    return terms or [OrderBy(F(path), descending=is_descending, nulls_last=True)]
