"""The list's choices as its page shows them: what each would give, and which are made."""

from dataclasses import dataclass
from typing import NamedTuple

from partners.public.filters import FILTER_PARAMS

MAX_SUGGESTIONS = 8
"""Choices that a page without a result tries to do without."""


class FacetOption(NamedTuple):
    name: str
    """Of the parameter in the address."""
    value: str
    label: str
    is_selected: bool
    is_empty: bool
    count: int
    """The universities that it brings, as the other groups stand."""


@dataclass(slots=True)
class ActiveFilter:
    """A choice that is made, or the words that are searched for."""

    name: str
    value: str
    label: str
    address: str
    """The list without it."""


def facets(partner_filter):
    """The choices of each group, by the group's name."""
    return {
        name: list(_facet_options(name, options, partner_filter.chosen(name), partner_filter.counts[name]))
        for name, options in partner_filter.options.items()
    }


def _facet_options(name, options, chosen, counts):
    for value, label in options.items():
        yield FacetOption(name, value, str(label), value in chosen, not counts[value], counts[value])


def active_filters(partner_filter):
    """In the order of the form. A value that the form does not know is told as it is."""
    for name in FILTER_PARAMS:
        chosen = partner_filter.chosen(name)
        for value in [chosen] if isinstance(chosen, str) and chosen else chosen:
            label = partner_filter.options.get(name, {}).get(value, value)
            yield ActiveFilter(name, value, label, partner_filter.address(name, value))


def relaxation_suggestions(partner_filter, made):
    """For a list without a result: what doing without one of the choices would give, the most first."""
    tried = [(sum(_without(partner_filter, each).values()), each) for each in made[:MAX_SUGGESTIONS]]
    return sorted(((count, each) for count, each in tried if count), key=lambda way: -way[0])


def _without(partner_filter, made):
    kept = "" if made.name == "q" else [value for value in partner_filter.chosen(made.name) if value != made.value]
    return partner_filter.count_by_country(**{made.name: kept})
