"""The list's filter: validation of its query parameters, the queryset, facet counts and URLs of other selections."""

from collections import Counter
from datetime import date
from functools import cache, cached_property

from django import forms
from django.db.models import Case, Exists, OuterRef, When
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet, MultipleChoiceFilter

from partners.country_names import localized_names, sort_key, uses_translated_names
from partners.models import Agreement, Country, University
from partners.public.facet_index import count_facets, count_profiles, get_facet_index, get_offering_profiles
from partners.public.offers import OFFER_PARAMS, is_valid_offer_value, offer_options, wanted_offer
from partners.public.search import understand
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
FILTER_PARAMS = ["q", "type", "status", "region", "country", *OFFER_PARAMS]
LIST_PARAMS = [*FILTER_PARAMS, "unrecorded", "sort", "view", "page"]
MAX_PICKS = 10
"""Universities on a shortlist. More do not fit side by side."""
MAX_YEARS_AHEAD = 30
MAX_FOUND_IDS = 1_000
"""Universities that a query finds, up to which the list is read by their ids instead of searching again."""
EMBEDDED_THEMES = ["light", "dark", "auto"]
"""Colour schemes that a page may ask of the list in it. The first is the default; auto is the visitor's."""


def list_url(params, **changes):
    """Return the list's query string with other lists of values for some of the parameters, empty to leave them out."""
    params = params.copy()
    params.pop("compare", None)
    for name, values in changes.items():
        params.setlist(name, values)
    if params.getlist("pick"):
        avoid_comparison(params)
    return f"?{params.urlencode()}"


def avoid_comparison(params):
    """Add the default order to parameters without any of the list, as ``pick`` alone leads to the comparison."""
    if not any(params.getlist(name) for name in LIST_PARAMS):
        params["sort"] = "country"


def parse_day(value, today):
    """Return the day of an ``on`` parameter in ISO 8601, or None. The list of a past day is not known."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if today <= day and day.year - today.year <= MAX_YEARS_AHEAD else None


class FacetField(forms.MultipleChoiceField):
    """Several values, unknown ones too: they match nothing, and are no error."""

    def validate(self, value):
        pass


class FacetFilter(MultipleChoiceFilter):
    field_class = FacetField


class PartnerFilter(FilterSet):
    """The public list as canonical query parameters select it, for today or for a day to come.

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
    sort = ChoiceFilter(choices=list(SORT_LABELS.items()))

    def __init__(self, params, today):
        self.today = today
        self.on = parse_day(params.get("on", ""), today) or today
        self.index = get_facet_index(self.on)
        self.country_names = self._country_names(params.getlist("country"))
        self.invalid_values = [
            (name, value) for name, values in params.lists() for value in values if not self._is_valid(name, value)
        ]
        self.params = self._understand_query(self._valid_params(params))
        super().__init__(self.params, University.objects.filter(is_listed=True))
        self.is_valid()  # cleans the values; unknown ones are no errors
        self.query = self.form.cleaned_data["q"]
        self.invalid_day = dict(self.invalid_values).get("on")
        self.selected = {name: self.params.getlist(name) for name in FILTER_PARAMS}
        self.wanted = wanted_offer(self.selected)
        # A page counts its own selection several times.
        self._profile_counts = cache(self._count_profiles)
        self.shows_unrecorded = "unrecorded" in self.params and not self.wanted.is_any
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
        if name == "on":
            return parse_day(value, self.today) is not None
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
        """Set the terms of the query. Return the parameters with what it names of the facets as their values."""
        self.terms, query = [], params.get("q", "")
        if not query or len(query) > MAX_QUERY_LENGTH:
            return params
        values, self.terms = understand(query, self.on, self.index)
        if not any(values.values()):
            return params
        changed, words = params.copy(), [word for term in self.terms for word in term.words]
        for name, added in values.items():
            changed.setlist(name, sorted({*params.getlist(name), *added}))
        changed.setlist("q", [" ".join(words)] if words else [])
        return QueryDict(changed.urlencode())

    def _search(self, universities):
        # A query that is too long has no terms and finds nothing.
        return universities.matching(self.terms) if self.terms else universities.search(self.query)

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
        }

    def filter_queryset(self, queryset):
        """Return the universities of the list in its order. Those of which nothing is recorded come last, if at all."""
        universities, agreements, wanted = self._find_universities(queryset), self._agreements, self.wanted
        matching = agreements.offering(wanted)
        if not self.shows_unrecorded:
            return self._order(universities.with_any_of(matching))
        universities = universities.with_any_of(agreements.offering_or_not_recorded(wanted))
        ordered = self._order(universities.annotate(is_match=Exists(matching.filter(university=OuterRef("pk")))))
        return ordered.order_by("-is_match", *ordered.query.order_by)

    @cached_property
    def unrecorded_count(self):
        """The universities of which nothing is recorded that says whether they match, under all other filters."""
        if self.wanted.is_any:
            return 0
        possible = self._agreements.offering_or_not_recorded(self.wanted)
        return self._find_universities(self.queryset).with_any_of(possible).count() - sum(
            self.count_by_country().values()
        )

    def _find_universities(self, queryset):
        """Filter by the query and the countries."""
        ids = self.index.country_ids
        is_short = self.query and len(self._found_ids) <= MAX_FOUND_IDS
        universities = queryset.filter(pk__in=self._found_ids) if is_short else self._search(queryset)
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

    def count_facets(self, **overrides):
        """Return {facet: Counter of universities by value}; ``overrides`` are other selections."""
        selected = self.selected | overrides
        profile_counts = self._profile_counts(bool(selected["q"]), wanted_offer(selected))
        counts = count_facets(profile_counts, list_countries(selected), selected["type"], selected["status"])
        by_country = counts["country"]
        counts["region"] = Counter(
            {name: sum(by_country[code] for code in codes) for name, codes in countries_by_region().items()}
        )
        return counts

    def count_by_country(self, **overrides):
        """Return the number of matching universities by country code; ``overrides`` are other selections."""
        selected = list_countries(self.selected | overrides)
        counts = self.count_facets(**overrides)["country"]
        return {code: count for code, count in counts.items() if count and (not selected or code in selected)}

    def _count_profiles(self, has_query, wanted):
        if not has_query and wanted.is_any:
            return self.index.profile_counts
        profiles = self.index.profiles if wanted.is_any else get_offering_profiles(self.on, wanted)
        found = self._found_ids if has_query else profiles
        return count_profiles(profiles[pk] for pk in found if pk in profiles)

    @cached_property
    def _found_ids(self):
        return list(self._search(self.queryset).order_by().values_list("pk", flat=True))
