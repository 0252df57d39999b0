"""The list's choices as its page shows them: what each would give, and which are made."""

from dataclasses import dataclass

from django.db.models import BooleanField, Count, ExpressionWrapper, Q

from partners.models import Agreement
from partners.public.filters import CHOICES, STATUSES
from partners.querysets import IN_FORCE, IN_PROCESS
from partners.rules import Status

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
    """Types as the statuses stand, and statuses as the types do, each university once for each."""
    types, states, on = partner_filter.chosen("type"), partner_filter.chosen("status"), partner_filter.on
    places = partner_filter.queryset.search(partner_filter.chosen("q")).in_countries(*partner_filter.chosen("country"))
    agreements = Agreement.objects.filter(university__in=places.order_by().values("pk")).order_by()
    of_states = agreements.in_states(on, *(STATUSES.keys() & (states or STATUSES)))
    of_types = agreements.of_types(*types).in_states(on, *STATUSES)
    in_process = ExpressionWrapper(Q(status=Status.IN_PROCESS), BooleanField())
    universities = Count("university", distinct=True)
    by_status = of_types.annotate(in_process=in_process).values_list("in_process").annotate(universities)
    return {
        "type": dict(of_states.values_list("agreement_type__slug").annotate(universities)),
        "status": {IN_PROCESS if is_in_process else IN_FORCE: count for is_in_process, count in by_status},
    }


def _counted_by_country(partner_filter):
    found = partner_filter.matching(country=[]).order_by().values_list("country__code")
    return dict(found.annotate(Count("pk")))
