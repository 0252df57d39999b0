"""The list's facets and active filters, as its templates display them."""

from collections import defaultdict
from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.public.list_urls import list_url
from partners.public.offers import OFFER_PARAMS
from partners.regions import CONTINENTS, countries_by_region

SUBJECT_PARTS = {"region": "places", "country": "places", "term": "term"}
MAX_SUGGESTIONS = 8
"""Bounds the queries of a page without results."""


class FacetOption(NamedTuple):
    value: str
    label: str
    is_selected: bool
    count: int | None
    """Universities with it, under the selection in the other facets. None: they are not counted."""


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
        if name in counts
    } | {name: _uncounted_options(partner_filter, name) for name in OFFER_PARAMS}


def _uncounted_options(partner_filter, name):
    selected = partner_filter.selected[name]
    return [FacetOption(*option, option[0] in selected, None) for option in partner_filter.options[name].items()]


def union_options(facets):
    """Return the options of the regions that are no continents, if they have partners."""
    return [option for option in facets["region"] if option.value not in CONTINENTS and option.count]


def group_countries(facets):
    """Return pairs of lists, of a continent's option and of its countries, without continents that have none."""
    regions = {option.value: option for option in facets["region"]}
    groups = [
        ([regions[name]], [option for option in facets["country"] if option.value in countries_by_region()[name]])
        for name in CONTINENTS
    ]
    return [group for group in groups if group[1]]


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


def list_title(filters, count):
    """Return the title of the list, such as “Erasmus+ in Italy: 6 partner universities”."""
    if not filters:
        return _("Partner universities")
    text = ngettext("%(subject)s: %(n)s partner university", "%(subject)s: %(n)s partner universities", count)
    return text % {"subject": Truncator(_describe_selection(filters)).chars(80), "n": number_format(count)}


def _describe_selection(filters):
    """Return what the active filters select, such as “Erasmus+, master in Italy, France for Winter term 2027/28”."""
    labels = defaultdict(list)
    for active in filters:
        labels[SUBJECT_PARTS.get(active.name, "topics")].append(str(active.label))
    topics, places, term = (", ".join(labels[part]) for part in ("topics", "places", "term"))
    subject = topics or places
    if topics and places:
        subject = _("%(topics)s in %(places)s") % {"topics": topics, "places": places}
    if subject and term:
        return _("%(subject)s for %(term)s") % {"subject": subject, "term": term}
    return subject or term


def relaxation_suggestions(partner_filter, filters):
    """Return pairs of result count and the active filter to remove for it, highest count first, none of 0."""
    counted = []
    for active in filters[:MAX_SUGGESTIONS]:
        count = sum(partner_filter.count_by_country(**{active.name: active.remaining}).values())
        if count:
            counted.append((count, active))
    return sorted(counted, key=lambda suggestion: -suggestion[0])


class Unrecorded(NamedTuple):
    """Partners of which nothing is recorded that says whether they match."""

    label: str
    """The filters that it is about, such as “master, English”."""
    count: int
    is_shown: bool
    toggle_url: str


def describe_unrecorded(partner_filter, count):
    """Return the ``Unrecorded`` partners, None if there are none."""
    if not count:
        return None
    selected, options = partner_filter.selected, partner_filter.options
    labels = [str(options[name][value]) for name in OFFER_PARAMS for value in selected[name]]
    is_shown = partner_filter.shows_unrecorded
    toggle_url = list_url(partner_filter.params, unrecorded=[] if is_shown else ["1"], page=[])
    return Unrecorded(", ".join(labels), count, is_shown, toggle_url)
