"""The list's filter: validation of its query parameters, the querysets and facet counts."""

from collections import Counter
from functools import cache, cached_property

from django import forms
from django.db.models import Case, Exists, OuterRef, When
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet, MultipleChoiceFilter

from partners.country_names import localized_names, sort_key, uses_translated_names
from partners.models import Agreement, Country, University
from partners.name_normalization import tokenize_query
from partners.public.facet_index import (
    count_facets,
    count_offering_profiles,
    count_profiles,
    get_facet_index,
    get_offering_profiles,
    get_profiles_in_part,
    select_pks,
    select_universities,
)
from partners.public.list_urls import FILTER_PARAMS, list_url
from partners.public.offers import OFFER_PARAMS, is_valid_offer_value, offer_options, wanted_offer
from partners.public.search import split_query, understand
from partners.public.search_phrases import FilterPhrases
from partners.public.terms import offering_agreements
from partners.querysets import MAX_QUERY_LENGTH, PUBLIC_STATE_LABELS
from partners.regions import REGION_LABELS, countries_by_region, list_countries

BEST = "best"
SORT_FIELDS = {
    "country": ["country__name_key", "name_key", "pk"],
    "-country": ["-country__name_key", "name_key", "pk"],
    "name": ["name_key", "pk"],
    "-name": ["-name_key", "-pk"],
}
SORT_LABELS = {
    BEST: _("Best match"),
    "country": _("Country, A to Z"),
    "-country": _("Country, Z to A"),
    "name": _("Name, A to Z"),
    "-name": _("Name, Z to A"),
}
MAX_PICKS = 10
"""Universities on a shortlist. More do not fit side by side."""
EMBEDDED_THEMES = ["light", "dark", "auto"]
"""Colour schemes that a page may ask of the list in it. The first is the default; auto is the visitor's."""


class FacetField(forms.MultipleChoiceField):
    """Several values, unknown ones too: they match nothing, and are no error."""

    def validate(self, value):
        pass


class FacetFilter(MultipleChoiceFilter):
    field_class = FacetField


class PartnerFilter(FilterSet):
    """The public list of a day as canonical query parameters select it.

    Type and status apply to the same agreement, so all is filtered in one step.
    """

    q = CharFilter()
    type = FacetFilter()
    status = FacetFilter()
    region = FacetFilter()
    country = FacetFilter()
    level = FacetFilter()
    field = FacetFilter()
    language = FacetFilter()
    term = FacetFilter()
    sort = ChoiceFilter(choices=list(SORT_LABELS.items()))

    def __init__(self, params, on):
        self.on = on
        self.index = get_facet_index(on)
        self.country_names = self._country_names(params.getlist("country"))
        self.invalid_values = [
            (name, value) for name, values in params.lists() for value in values if not self._is_valid(name, value)
        ]
        self.params = self._understand_query(self._valid_params(params))
        super().__init__(self.params, University.objects.filter(is_listed=True).select_related("country"))
        self.is_valid()  # cleans the values; unknown ones are no errors
        self.query = self.form.cleaned_data["q"]
        self.selected = {name: self.params.getlist(name) for name in FILTER_PARAMS}
        self.wanted = wanted_offer(self.selected, self.index.terms)
        self.term = self.index.terms.get(self.params.get("term"))
        # A page counts its own selection several times.
        self._profile_counts = cache(self._count_profiles)
        self.shows_unrecorded = "unrecorded" in self.params and not self.wanted.is_any_kind
        default_sort = BEST if self.query else "country"
        sort = self.params.get("sort", default_sort)
        self.sort = default_sort if sort == BEST else sort
        self.sort_options = self._sort_options(default_sort)
        self.groups_by_country = self.sort.endswith("country")

    def _country_names(self, selected):
        """Return names by code of the countries with a listed university and of those in the query parameters."""
        names = self.index.country_names
        if unlisted := [code for code in selected if code not in names]:
            names = names | dict(Country.objects.filter(code__in=unlisted).values_list("code", "name"))
        return names

    def _is_valid(self, name, value):
        if name in OFFER_PARAMS:
            return is_valid_offer_value(name, value)
        if name == "view":
            return value == "map"
        if name == "page":
            return value == "all" or (value.isdecimal() and len(value) < 10)
        choices = {
            "type": self.index.type_names,
            "status": PUBLIC_STATE_LABELS,
            "region": REGION_LABELS,
            "country": self.country_names,
            "term": self.index.terms,
            "sort": SORT_LABELS,
            "theme": EMBEDDED_THEMES,
            "filters": ["no"],
        }
        return name not in choices or value in choices[name]

    def _valid_params(self, params):
        """Return the parameters with at most one invalid value per facet, and none otherwise, as every link repeats it.

        A facet with nothing but invalid values keeps one, so that it still matches nothing.
        """
        if not self.invalid_values and len(params.getlist("pick")) <= MAX_PICKS:
            return params
        valid_params, invalid = params.copy(), set(self.invalid_values)
        for name in dict(self.invalid_values):
            values = params.getlist(name)
            valid = [value for value in values if (name, value) not in invalid]
            valid_params.setlist(name, valid or (values[:1] if name in FILTER_PARAMS else []))
        valid_params.setlist("pick", params.getlist("pick")[:MAX_PICKS])
        return QueryDict(valid_params.urlencode())

    def _sort_options(self, default):
        """Return triples of value, label and whether it is selected. The default has no value, as it depends on q."""
        others = [sort for sort in SORT_FIELDS if sort != default]
        return [(sort if sort in others else "", SORT_LABELS[sort], sort == self.sort) for sort in [default, *others]]

    def _understand_query(self, params):
        """Set what the query finds. Return the parameters with what it names of the filters as their values."""
        self.terms, self.found, self.alternatives, query = [], [], {}, params.get("q", "")
        if not query or len(query) > MAX_QUERY_LENGTH:
            return params
        understood = understand(query, self.phrases)
        self.terms, self.found, self.alternatives = understood.terms, understood.found, understood.alternatives
        if understood.words == " ".join(split_query(query)):
            return params
        changes = {name: sorted({*params.getlist(name), *added}) for name, added in understood.values.items()}
        if term := understood.values["term"]:
            changes["term"] = term[:1]
        return QueryDict(list_url(params, **changes, q=list(filter(None, [understood.words])))[1:])

    @cached_property
    def phrases(self):
        return FilterPhrases(self.index)

    @cached_property
    def options(self):
        """Labels by value, by facet. Countries are sorted by the alphabet of the visitor's language."""
        countries = sorted(localized_names(self.country_names).items(), key=lambda country: sort_key(country[1]))
        return {
            "type": self.index.type_names,
            "status": PUBLIC_STATE_LABELS,
            "region": REGION_LABELS,
            "country": dict(countries),
            **offer_options(self.index.offers, self.selected),
            "term": {term.value: term.label for term in self.offered_terms},
        }

    @cached_property
    def offered_terms(self):
        """The terms to come, and one that has begun if it is selected."""
        return [term for term in self.index.terms.values() if term == self.term or not term.has_begun]

    def filter_queryset(self, queryset):
        """Return the universities that match, and among them those without a record if these are shown."""
        found = self._possible_agreements if self.shows_unrecorded else self._matching_agreements
        return self._order(self._find_universities(queryset).with_any_of(found))

    @cached_property
    def matching(self):
        """The universities that match, in the order of the list."""
        return self._order(self._find_universities(self.queryset).with_any_of(self._matching_agreements))

    def iter_best_pks(self):
        """Yield the ids of the universities of ``matching`` that a query finds, the best matches first."""
        countries, types, states = list_countries(self.selected), self.selected["type"], self.selected["status"]
        best = self.phrases.names.best_matches_first(self.found, tokenize_query(self.query))
        for university in select_universities(best, self._profiles(self.wanted), countries, types, states):
            yield university.pk

    @cached_property
    def pks_in_part(self):
        """Ids of those with an agreement that offers what is wanted, and begins or ends during the wanted term."""
        if not self.term:
            return set()
        in_part, matching = get_profiles_in_part(self.on, self.wanted)
        pks = self._selected_pks(in_part) - self._selected_pks(matching)
        return pks.intersection(university.pk for university in self.found) if self.query else pks

    @cached_property
    def matching_in_part(self):
        return self._order(self.queryset.filter(pk__in=self.pks_in_part))

    @cached_property
    def unrecorded(self):
        """The universities that only an agreement without recorded details can match, under all other filters."""
        is_match = Exists(self._matching_agreements.filter(university=OuterRef("pk")))
        universities = self._find_universities(self.queryset.with_any_of(self._possible_agreements))
        return self._order(universities.filter(~is_match).exclude(pk__in=self.pks_in_part))

    def count_unrecorded(self):
        if self.wanted.is_any_kind:
            return 0
        possible, matching = (sum(self.count_by_country(or_not_recorded=value).values()) for value in (True, False))
        in_part = self.pks_in_part and self._selected_pks(self._profiles(self.wanted, or_not_recorded=True))
        return possible - matching - len(self.pks_in_part & in_part)

    def _selected_pks(self, profiles):
        selected = self.selected
        return select_pks(profiles, list_countries(selected), selected["type"], selected["status"])

    def _find_universities(self, queryset):
        """Filter by the query and the countries."""
        universities, ids = queryset, self.index.country_ids
        if self.query:
            # A query that is too long has no terms.
            universities = universities.matching(self.terms) if self.terms else universities.none()
        if codes := list_countries(self.form.cleaned_data):
            # Filtering by id instead of joining by code lets the database estimate the number of rows.
            universities = universities.filter(country__in=[ids[code] for code in codes if code in ids])
        return universities

    @cached_property
    def _agreements(self):
        """The agreements of the selected types and states."""
        selected = self.form.cleaned_data
        states = [state for state in selected["status"] or PUBLIC_STATE_LABELS if state in PUBLIC_STATE_LABELS]
        return Agreement.objects.in_states(self.on, *states).of_types(*selected["type"])

    @cached_property
    def _matching_agreements(self):
        return offering_agreements(self._agreements, self.wanted)

    @cached_property
    def _possible_agreements(self):
        return offering_agreements(self._agreements, self.wanted, or_not_recorded=True)

    def _order(self, universities):
        if self.sort == BEST:
            return universities.best_matches_first(self.query)
        order = SORT_FIELDS[self.sort]
        if self.groups_by_country and uses_translated_names():
            # The database has no names in the visitor's language.
            ranks = [When(country__code=code, then=rank) for rank, code in enumerate(self.options["country"])]
            universities = universities.alias(country_rank=Case(*ranks, default=len(ranks)))
            order = [field.replace("country__name_key", "country_rank") for field in order]
        return universities.order_by(*order)

    def count_facets(self, *, or_not_recorded=False, **overrides):
        """Return {facet: Counter of universities by value}; ``overrides`` are other selections."""
        selected = self.selected | overrides
        wanted = wanted_offer(selected, self.index.terms)
        profile_counts = self._profile_counts(bool(selected["q"]), wanted, or_not_recorded)
        counts = count_facets(profile_counts, list_countries(selected), selected["type"], selected["status"])
        by_country = counts["country"]
        counts["region"] = Counter(
            {name: sum(by_country[code] for code in codes) for name, codes in countries_by_region().items()}
        )
        return counts

    def count_by_country(self, *, or_not_recorded=False, **overrides):
        """Return the number of matching universities by country code; ``overrides`` are other selections."""
        selected = list_countries(self.selected | overrides)
        counts = self.count_facets(or_not_recorded=or_not_recorded, **overrides)["country"]
        return {code: count for code, count in counts.items() if count and (not selected or code in selected)}

    def _count_profiles(self, has_query, wanted, or_not_recorded):
        if not has_query:
            any_offer = self.index.profile_counts
            return any_offer if wanted.is_any else count_offering_profiles(self.on, wanted, or_not_recorded)
        if wanted.is_any:
            return count_profiles([university.profile for university in self.found])
        profiles = self._profiles(wanted, or_not_recorded)
        return count_profiles(filter(None, [profiles.get(university.pk) for university in self.found]))

    def _profiles(self, wanted, or_not_recorded=False):
        return self.index.profiles if wanted.is_any else get_offering_profiles(self.on, wanted, or_not_recorded)
