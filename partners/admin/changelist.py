"""Changelist of the register's models: facet counts from few queries, and rows without a value last."""

from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count, F
from django.db.models.expressions import OrderBy


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
