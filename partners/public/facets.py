"""The list's facets and active filters, as its templates display them."""

from dataclasses import dataclass
from typing import NamedTuple

from partners.public.filters import FILTER_PARAMS

MAX_SUGGESTIONS = 8
"""Bounds the queries of a page without results."""


class FacetOption(NamedTuple):
    name: str
    """Query parameter."""
    value: str
    label: str
    is_selected: bool
    is_empty: bool
    count: int
    """Universities with it, under the selection in the other facets."""


@dataclass(slots=True)
class ActiveFilter:
    """A selected facet value, or the search query."""

    name: str
    value: str
    label: str
    remove_url: str


def build_facets(partner_filter):
    """Return lists of ``FacetOption`` by query parameter."""
    return {
        name: list(_facet_options(name, options, partner_filter.selected(name), partner_filter.facet_counts[name]))
        for name, options in partner_filter.options.items()
    }


def _facet_options(name, options, selected, counts):
    for value, label in options.items():
        yield FacetOption(name, value, str(label), value in selected, not counts[value], counts[value])


def active_filters(partner_filter):
    """Yield an ``ActiveFilter`` for each selected value, in the form's order. Unknown values are their own labels."""
    for name in FILTER_PARAMS:
        selected = partner_filter.selected(name)
        for value in [selected] if isinstance(selected, str) and selected else selected:
            label = partner_filter.options.get(name, {}).get(value, value)
            yield ActiveFilter(name, value, label, partner_filter.url_without(name, value))


def relaxation_suggestions(partner_filter, filters):
    """Return pairs of result count and the active filter to remove for it, highest count first, none of 0."""
    counted = [(_count_without(partner_filter, active), active) for active in filters[:MAX_SUGGESTIONS]]
    return sorted(((count, active) for count, active in counted if count), key=lambda suggestion: -suggestion[0])


def _count_without(partner_filter, active):
    if active.name == "q":
        remaining = ""
    else:
        remaining = [value for value in partner_filter.selected(active.name) if value != active.value]
    return sum(partner_filter.count_by_country(**{active.name: remaining}).values())
