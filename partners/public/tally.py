"""How many universities there are of each kind, so that a page counts kinds and not universities.

A kind is what is offered, and in which country. There are few of them on a list of any length, and those of the whole
list are counted once for each revision of the register.
"""

from collections import Counter, defaultdict
from functools import lru_cache
from typing import NamedTuple

from partners import revision
from partners.models import Agreement, AgreementType, Country
from partners.querysets import IN_FORCE, IN_PROCESS
from partners.rules import Status

DAYS_KEPT = 8


class Offer(NamedTuple):
    """What an agreement is to students, as addresses write it."""

    type: str
    """Empty while it is unknown."""
    status: str


class WholeList(NamedTuple):
    kinds: dict[frozenset[Offer], Counter]
    types: dict[str, str]
    """Of agreements, their names by what addresses write."""
    countries: dict[str, str]
    """Those that have a university on the list, likewise."""
    totals: tuple[tuple[str, int], ...]
    """The universities by the code of their country."""


def whole_list(on):
    """The list of a day, narrowed to nothing."""
    of_now = revision.current()
    return _counted(on) if of_now is None else _kept(on, of_now)


def kinds(on, query=""):
    """For what is offered on a day, how many universities offer just that, by the code of their country."""
    agreements = Agreement.objects.public(on).at_listed(query)
    rows = agreements.values_list("university", "university__country__code", "agreement_type__slug", "status")
    offers, places = defaultdict(set), {}
    for university, country, type, status in rows:
        offers[university].add(Offer(type or "", IN_PROCESS if status == Status.IN_PROCESS else IN_FORCE))
        places[university] = country
    found = defaultdict(Counter)
    for university, offered in offers.items():
        found[frozenset(offered)][places[university]] += 1
    return dict(found)


def counts(kinds, country, type, status):
    """What each choice of a group brings, as those of the other groups stand, by the group's name."""
    found = {"country": Counter(), "type": Counter(), "status": Counter()}
    for offered, places in kinds.items():
        number = sum(places[code] for code in country) if country else places.total()
        of_states = {each for each in offered if each.status in status}
        of_types = {each for each in offered if not type or each.type in type}
        found["type"].update(dict.fromkeys({each.type for each in of_states}, number))
        found["status"].update(dict.fromkeys({each.status for each in of_types}, number))
        if of_states & of_types:
            found["country"].update(places)
    return found


def _counted(on):
    found = kinds(on)
    totals = sum(found.values(), Counter())
    types = AgreementType.objects.values_list("slug", "name")
    countries = Country.objects.filter(code__in=list(totals)).values_list("code", "name")
    return WholeList(found, dict(types), dict(countries), tuple(sorted(totals.items())))


@lru_cache(maxsize=DAYS_KEPT, typed=True)
def _kept(on, of_now):
    """Days of the past are of a type of their own, by which they are told from the same days as today."""
    return _counted(on)
