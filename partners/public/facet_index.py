"""How many universities there are of each kind, so that a page counts kinds and not universities.

A kind is a country and what is offered. There are few of them on a list of any length, and the kind of each university
is found out once for each revision of the register.
"""

from collections import Counter, defaultdict
from functools import cache, lru_cache
from typing import NamedTuple

from partners import data_version
from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Country
from partners.querysets import IN_FORCE, IN_PROCESS

INDEX_CACHE_SIZE = 4


class AgreementKey(NamedTuple):
    """What an agreement is to students, as addresses write it."""

    type: str
    """Empty while it is unknown."""
    status: str


class PartnerProfile(NamedTuple):
    country: str
    offers: frozenset[AgreementKey]


class ListIndex(NamedTuple):
    kinds: dict[int, PartnerProfile]
    """By the id of each university."""
    counted: dict[frozenset[AgreementKey], Counter]
    types: dict[str, str]
    """Of agreements, in their order: their names by what addresses write."""
    countries: dict[str, str]
    """Those that have a university on the list, likewise."""
    ids: dict[str, int]
    """Of these countries."""
    totals: tuple[tuple[str, int], ...]
    """The universities by the code of their country."""

    def offers_of(self, university):
        return self.kinds[university].offers if university in self.kinds else frozenset()


def get_list_index(on):
    """The list of a day, narrowed to nothing."""
    of_now = data_version.current_version()
    return _build_index(on) if of_now is None else _cached_index(on, of_now)


def count_profiles(kinds):
    """For what is offered, how many offer just that, by the code of their country."""
    found = defaultdict(Counter)
    for kind, number in Counter(kinds).items():
        found[kind.offers][kind.country] = number
    return dict(found)


def facet_counts(counted, country, type, status):
    """What each choice of a group brings, as those of the other groups stand, by the group's name."""
    found = {"country": Counter(), "type": Counter(), "status": Counter()}
    for offered, places in counted.items():
        number = sum(places[code] for code in country) if country else places.total()
        of_states = {each for each in offered if each.status in status}
        of_types = {each for each in offered if not type or each.type in type}
        found["type"].update(dict.fromkeys({each.type for each in of_states}, number))
        found["status"].update(dict.fromkeys({each.status for each in of_types}, number))
        if of_states & of_types:
            found["country"].update(places)
    return found


def _build_index(on):
    """What agreements point at is read after them, so that it is there."""
    agreements = Agreement.objects.public(on).filter(university__is_listed=True)
    rows = list(agreements.values_list("university", "university__country", "agreement_type", "status"))
    types = AgreementType.objects.in_bulk()
    countries = Country.objects.filter(pk__in={country for _, country, *_ in rows}).in_bulk()
    kinds = _profiles(rows, countries, types)
    return ListIndex(
        kinds,
        count_profiles(kinds.values()),
        types={type.slug: type.name for type in types.values()},
        countries={country.code: country.name for country in countries.values()},
        ids={country.code: pk for pk, country in countries.items()},
        totals=tuple(sorted(Counter(kind.country for kind in kinds.values()).items())),
    )


def _profiles(rows, countries, types):
    """Those who are of one kind share it, so that a hundred thousand take little room."""
    signs, offered, places = {}, defaultdict(int), {}
    for university, country, type, status in rows:
        offered[university] |= signs.setdefault((type, status), 1 << len(signs))
        places[university] = country

    @cache
    def kind(country, offers):
        of_kind = [sign for sign, bit in signs.items() if offers & bit]
        return PartnerProfile(
            countries[country].code, frozenset(_agreement_key(types.get(type), status) for type, status in of_kind)
        )

    return {university: kind(places[university], offers) for university, offers in offered.items()}


def _agreement_key(type, status):
    return AgreementKey(type.slug if type else "", IN_PROCESS if status == AgreementStatus.IN_PROCESS else IN_FORCE)


@lru_cache(INDEX_CACHE_SIZE, typed=True)
def _cached_index(on, of_now):
    """Days of the past are of a type of their own, by which they are told from the same days as today."""
    return _build_index(on)
