"""Counts for the list's facets, aggregated so that a page's cost does not grow with the number of universities.

A profile is a country and a set of agreement types and states. There are few distinct profiles on a list of any
length, and the index of them is built once for each data version and day.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from partners.data_version import cached_for_version
from partners.models import Agreement, AgreementType, Country, Mobility
from partners.name_normalization import split_names, tokenize_query
from partners.public.terms import OfferedTerm, list_terms, offering_agreements
from partners.querysets import agreement_state
from partners.wanted_offer import WantedOffer

INDEX_CACHE_SIZE = 4
OFFERS_CACHE_SIZE = 8
OFFER_COUNTS_CACHE_SIZE = 64


class AgreementKey(NamedTuple):
    """An agreement as the query parameters identify it."""

    type: str
    """Slug of the type, empty while it is not settled."""
    state: str
    """A key of ``PUBLIC_STATE_LABELS``."""


@dataclass(frozen=True, eq=False)
class PartnerProfile:
    """A country and a set of agreements, shared by all universities that have the same.

    Profiles are compared by identity, as one object per distinct profile is quicker to count.
    """

    country: str
    """ISO 3166-1 alpha-2 code."""
    agreements: frozenset[AgreementKey]


class FacetIndex(NamedTuple):
    """The public list of one day without any filter."""

    on: date
    profiles: dict[int, PartnerProfile]
    """Profiles by university id."""
    profile_counts: dict[frozenset[AgreementKey], Counter]
    """See ``count_profiles``."""
    type_names: dict[str, str]
    """Names by slug, in the types' order."""
    type_phrases: dict[tuple[str, ...], str]
    """Slugs by the words of names and other names. A plus is a word."""
    country_names: dict[str, str]
    """Names by code, of the countries with a listed university."""
    country_ids: dict[str, int]
    """Ids by code, of the same countries."""
    country_totals: tuple[tuple[str, int], ...]
    """Pairs of country code and number of universities, sorted by code. Hashable, as a cache key."""
    offers: frozenset[tuple[str, str, str]]
    """Stored levels, fields of study and languages of the outgoing student studies, each combination once."""
    terms: dict[str, OfferedTerm]
    """By the values of the parameter."""


def build_profiles(on, wanted, or_not_recorded=False):
    """Return the profiles of universities by id, of their agreements that offer what is wanted alone.

    Those of which nothing is recorded that says otherwise count as well if that is asked for.
    """
    agreements = Agreement.objects.public(on).filter(university__is_listed=True)
    return _profiles_of(offering_agreements(agreements, wanted, or_not_recorded=or_not_recorded), on)


def _profiles_of(agreements, on):
    rows = agreements.order_by("university").values_list(
        "university", "university__country__code", "agreement_type__slug", "status", "valid_from", "valid_until"
    )
    build_profile = cache(PartnerProfile)
    build_key = cache(lambda slug, *period: AgreementKey(slug or "", agreement_state(*period, on)))
    return {
        university: build_profile(country, frozenset(build_key(*row[2:]) for row in group))
        for (university, country), group in groupby(rows.iterator(), key=itemgetter(0, 1))
    }


get_offering_profiles = cached_for_version(OFFERS_CACHE_SIZE)(build_profiles)


@cached_for_version(OFFERS_CACHE_SIZE)
def get_profiles_in_part(on, wanted):
    """Return profiles of universities by id, of the agreements that offer what is wanted in a part of the term alone.

    With them, those of the same universities from ``build_profiles``.
    """
    agreements = Agreement.objects.public(on).filter(university__is_listed=True).offering(wanted)
    in_part = _profiles_of(agreements.beginning_or_ending_in(wanted.term.period), on)
    matching = build_profiles(on, wanted)
    return in_part, {pk: matching[pk] for pk in in_part.keys() & matching.keys()}


@cached_for_version(OFFER_COUNTS_CACHE_SIZE)
def count_offering_profiles(on, wanted, or_not_recorded):
    """Return ``count_profiles`` of ``build_profiles``, which take little memory."""
    return count_profiles(build_profiles(on, wanted, or_not_recorded).values())


@cached_for_version(INDEX_CACHE_SIZE)
def get_facet_index(on):
    profiles = build_profiles(on, WantedOffer())
    mobilities = Mobility.objects.outgoing_studies().filter(agreement__in=Agreement.objects.public(on))
    country_totals = Counter(profile.country for profile in profiles.values())
    # Types and countries are read after the agreements that refer to them, so that none is missing.
    types = list(AgreementType.objects.all())
    countries = list(Country.objects.filter(code__in=country_totals))
    return FacetIndex(
        on,
        profiles,
        count_profiles(profiles.values()),
        type_names={agreement_type.slug: agreement_type.name for agreement_type in types},
        type_phrases=_type_phrases(types),
        country_names={country.code: country.name for country in countries},
        country_ids={country.code: country.pk for country in countries},
        country_totals=tuple(sorted(country_totals.items())),
        offers=frozenset(mobilities.order_by().values_list("study_levels", "fields_of_study", "languages").distinct()),
        terms={term.value: term for term in list_terms(on)},
    )


def _type_phrases(types):
    names = [(name, each.slug) for each in types for name in [each.name, *split_names(each.other_names)]]
    spellings = [(spelling, slug) for name, slug in names for spelling in (name, name.replace("+", " plus"))]
    # A letter alone is a word of another language, such as “e” of “E+”.
    return {tuple(tokenize_query(text)): slug for text, slug in spellings if len("".join(tokenize_query(text))) > 1}


def select_universities(universities, profiles, countries, types, states=()):
    """Yield those of the universities whose profiles ``count_facets`` counts under the whole selection."""
    is_selected = cache(partial(_is_selected, countries=countries, types=types, states=states))
    for university in universities:
        if (profile := profiles.get(university.pk)) and is_selected(profile):
            yield university


def select_pks(profiles, countries, types, states):
    """Return the set of those ids of profiles that ``count_facets`` counts under the whole selection."""
    selected = {profile for profile in set(profiles.values()) if _is_selected(profile, countries, types, states)}
    return {pk for pk, profile in profiles.items() if profile in selected}


def _is_selected(profile, countries, types, states):
    return (not countries or profile.country in countries) and any(
        (not types or agreement.type in types) and (not states or agreement.state in states)
        for agreement in profile.agreements
    )


def count_profiles(profiles):
    """Return the number of universities by set of agreements, and within it by country code."""
    counts = defaultdict(Counter)
    for profile, count in Counter(profiles).items():
        counts[profile.agreements][profile.country] += count
    return dict(counts)


def count_facets(profile_counts, countries, types, states):
    """Return {parameter: Counter of universities by value}, each facet counted under the other facets' selection.

    No countries, types or states means any.
    """
    counts = {"country": Counter(), "type": Counter(), "status": Counter()}
    for agreements, by_country in profile_counts.items():
        count = sum(by_country[code] for code in countries) if countries else by_country.total()
        in_state = {agreement for agreement in agreements if not states or agreement.state in states}
        of_type = {agreement for agreement in agreements if not types or agreement.type in types}
        counts["type"].update(dict.fromkeys({agreement.type for agreement in in_state}, count))
        counts["status"].update(dict.fromkeys({agreement.state for agreement in of_type}, count))
        if in_state & of_type:
            counts["country"].update(by_country)
    return counts
