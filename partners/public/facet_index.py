"""Counts for the list's facets, aggregated so that a page's cost does not grow with the number of universities.

A profile is a country and a set of agreement types and statuses. There are few distinct profiles on a list of any
length, and the index of them is built once for each data version and day.
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
    """An agreement as the query parameters identify it."""

    type: str
    """Slug of the type, empty while it is not settled."""
    status: str
    """IN_FORCE or IN_PROCESS."""


class PartnerProfile(NamedTuple):
    country: str
    """ISO 3166-1 alpha-2 code."""
    agreements: frozenset[AgreementKey]


class ListIndex(NamedTuple):
    """The public list of one day without any filter."""

    profiles: dict[int, PartnerProfile]
    """Profiles by university id."""
    profile_counts: dict[frozenset[AgreementKey], Counter]
    """See ``count_profiles``."""
    type_names: dict[str, str]
    """Names by slug, in the types' order."""
    country_names: dict[str, str]
    """Names by code, of the countries with a listed university."""
    country_ids: dict[str, int]
    """Ids by code, of the same countries."""
    country_totals: tuple[tuple[str, int], ...]
    """Pairs of country code and number of universities, sorted by code. Hashable, as a cache key."""

    def agreements_of(self, university_id):
        return self.profiles[university_id].agreements if university_id in self.profiles else frozenset()


def get_list_index(on):
    version = data_version.current_version()
    return _build_index(on) if version is None else _cached_index(on, version)


def count_profiles(profiles):
    """Return the number of universities by set of agreements, and within it by country code."""
    counts = defaultdict(Counter)
    for profile, count in Counter(profiles).items():
        counts[profile.agreements][profile.country] = count
    return dict(counts)


def count_facets(profile_counts, countries, types, statuses):
    """Return {parameter: Counter of universities by value}, each facet counted under the other facets' selection.

    No countries or no types means any; statuses have to be given.
    """
    counts = {"country": Counter(), "type": Counter(), "status": Counter()}
    for agreements, by_country in profile_counts.items():
        count = sum(by_country[code] for code in countries) if countries else by_country.total()
        with_status = {agreement for agreement in agreements if agreement.status in statuses}
        with_type = {agreement for agreement in agreements if not types or agreement.type in types}
        counts["type"].update(dict.fromkeys({agreement.type for agreement in with_status}, count))
        counts["status"].update(dict.fromkeys({agreement.status for agreement in with_type}, count))
        if with_status & with_type:
            counts["country"].update(by_country)
    return counts


def _build_index(on):
    agreements = Agreement.objects.public(on).filter(university__is_listed=True)
    rows = list(agreements.values_list("university", "university__country", "agreement_type", "status"))
    # Types and countries are read after the agreements that refer to them, so that none is missing.
    types = AgreementType.objects.in_bulk()
    countries = Country.objects.filter(pk__in={country for _, country, *_ in rows}).in_bulk()
    profiles = _profiles(rows, countries, types)
    return ListIndex(
        profiles,
        count_profiles(profiles.values()),
        type_names={type.slug: type.name for type in types.values()},
        country_names={country.code: country.name for country in countries.values()},
        country_ids={country.code: pk for pk, country in countries.items()},
        country_totals=tuple(sorted(Counter(profile.country for profile in profiles.values()).items())),
    )


def _profiles(rows, countries, types):
    """Return profiles by university id. Universities share equal ones, so that 100,000 take little memory."""
    bits, masks, country_ids = {}, defaultdict(int), {}
    for university, country, type, status in rows:
        masks[university] |= bits.setdefault((type, status), 1 << len(bits))
        country_ids[university] = country

    @cache
    def profile(country, mask):
        keys = [key for key, bit in bits.items() if mask & bit]
        return PartnerProfile(
            countries[country].code, frozenset(_agreement_key(types.get(type), status) for type, status in keys)
        )

    return {university: profile(country_ids[university], mask) for university, mask in masks.items()}


def _agreement_key(type, status):
    return AgreementKey(type.slug if type else "", IN_PROCESS if status == AgreementStatus.IN_PROCESS else IN_FORCE)


# typed, as a PastDay equals the same date when it was today, but its list differs.
@lru_cache(INDEX_CACHE_SIZE, typed=True)
def _cached_index(on, _version):
    return _build_index(on)
