"""Changelist ordering with nulls last. By default, SQLite sorts nulls first and PostgreSQL last."""

from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F
from django.db.models.expressions import OrderBy


class EmptyLastChangeList(ChangeList):
    """Put rows without a value last, in either direction and on every database."""

    def get_ordering(self, request, queryset):
        terms = super().get_ordering(request, queryset)
        return [expression for term in terms for expression in _nulls_last(self.model, term)]


def _nulls_last(model, term):
    if isinstance(term, str):
        return _sort_by_path(model, term.removeprefix("-"), is_descending=term.startswith("-"))
    expression, is_descending = (term.expression, term.descending) if isinstance(term, OrderBy) else (term, False)
    return [OrderBy(expression, descending=is_descending, nulls_last=True)]


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
