"""The list's facets and active filters, as its templates display them."""

from typing import NamedTuple

from partners.public.filters import list_url

MAX_SUGGESTIONS = 8
"""Bounds the queries of a page without results."""


class FacetOption(NamedTuple):
    value: str
    label: str
    is_selected: bool
    count: int
    """Universities with it, under the selection in the other facets."""


class ActiveFilter(NamedTuple):
    """A selected facet value, or the search query."""

    name: str
    """Query parameter."""
    label: str
    remaining: list[str]
    """Values of the parameter without it."""
    remove_url: str


def build_facets(partner_filter):
    """Return lists of ``FacetOption`` by query parameter."""
    counts = partner_filter.count_facets()
    return {
        name: [
            FacetOption(value, str(label), value in partner_filter.selected[name], counts[name][value])
            for value, label in options.items()
        ]
        for name, options in partner_filter.options.items()
    }


def active_filters(partner_filter):
    """Return an ``ActiveFilter`` for each selected value, in the form's order. Unknown values are their own labels."""
    filters = []
    for name, values in partner_filter.selected.items():
        labels = partner_filter.options.get(name, {})
        for value in values:
            remaining = [other for other in values if other != value]
            remove_url = list_url(partner_filter.params, **{name: remaining, "page": []})
            filters.append(ActiveFilter(name, labels.get(value, value), remaining, remove_url))
    return filters


def relaxation_suggestions(partner_filter, filters):
    """Return pairs of result count and the active filter to remove for it, highest count first, none of 0."""
    counted = []
    for active in filters[:MAX_SUGGESTIONS]:
        count = sum(partner_filter.count_by_country(**{active.name: active.remaining}).values())
        if count:
            counted.append((count, active))
    return sorted(counted, key=lambda suggestion: -suggestion[0])
