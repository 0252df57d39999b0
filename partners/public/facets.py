"""The list's choices as its page shows them: what each would give, and which are made."""

from dataclasses import dataclass

from django.db.models import Count

from partners.public.filters import CHOICES

MOST_TRIED = 8
"""Choices that a page without a result tries to do without."""


@dataclass(slots=True)
class Choice:
    name: str
    """Of the parameter in the address."""
    value: str
    label: str
    is_made: bool
    count: int
    """The universities that it brings, as the other groups stand."""


@dataclass(slots=True)
class Made:
    """A choice that is made, or the words that are searched for."""

    name: str
    value: str
    label: str
    address: str
    """The list without it."""


def facets(partner_filter):
    """The choices of each group, by the group's name."""
    counts = _counted_by_agreement(partner_filter) | {"country": _counted_by_country(partner_filter)}
    return {
        name: [
            Choice(name, value, label, value in partner_filter.chosen(name), counts[name].get(value, 0))
            for value, label in options.items()
        ]
        for name, options in partner_filter.options.items()
    }


def made_choices(partner_filter):
    """In the order of the form. A value that the form does not know is told as it is."""
    for name in CHOICES:
        chosen = partner_filter.chosen(name)
        for value in [chosen] if isinstance(chosen, str) and chosen else chosen:
            label = partner_filter.options.get(name, {}).get(value, value)
            yield Made(name, value, label, partner_filter.address(name, value))


def ways_out(partner_filter, made):
    """For a list without a result: what doing without one of the choices would give, the most first."""
    tried = [(_without(partner_filter, each).count(), each) for each in made[:MOST_TRIED]]
    return sorted(((count, each) for count, each in tried if count), key=lambda way: -way[0])


def _without(partner_filter, made):
    kept = "" if made.name == "q" else [value for value in partner_filter.chosen(made.name) if value != made.value]
    return partner_filter.matching(**{made.name: kept})


def _counted_by_agreement(partner_filter):
    """A university may have agreements of several types and statuses, so that each choice is counted by itself."""
    chosen = {name: partner_filter.chosen(name) for name in CHOICES}
    choices = [(name, value) for name in ("type", "status") for value in partner_filter.options[name]]
    counts = {
        str(at): Count("pk", filter=partner_filter.offers(**chosen | {name: [value]}))
        for at, (name, value) in enumerate(choices)
    }
    places = partner_filter.queryset.search(chosen["q"]).in_countries(*chosen["country"])
    found = places.order_by().aggregate(**counts)
    counted = {"type": {}, "status": {}}
    for at, (name, value) in enumerate(choices):
        counted[name][value] = found[str(at)]
    return counted


def _counted_by_country(partner_filter):
    found = partner_filter.matching(country=[]).order_by().values_list("country__code")
    return dict(found.annotate(Count("pk")))
