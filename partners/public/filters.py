"""The list's filter: validation of its query parameters, the queryset, facet counts and URLs of other selections."""

from functools import cached_property
from urllib.parse import quote_plus

from django import forms
from django.db.models import Case, When
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet, MultipleChoiceFilter

from partners.country_names import localized_names, sort_key, uses_translated_names
from partners.models import Country
from partners.public.days import RequestedDay
from partners.public.facet_index import count_facets, count_profiles, get_list_index
from partners.querysets import IN_FORCE, IN_PROCESS

SORT_FIELDS = {
    "country": ["country__name_key", "name_key", "pk"],
    "-country": ["-country__name_key", "name_key", "pk"],
    "name": ["name_key", "pk"],
    "-name": ["-name_key", "-pk"],
}
FILTER_PARAMS = ["q", "type", "status", "country"]
LIST_PARAMS = [*FILTER_PARAMS, "sort", "page"]
MAX_PICKS = 10
"""Universities on a shortlist. More do not fit side by side."""
STATUSES = {IN_FORCE: _("In force"), IN_PROCESS: _("In process, not open yet")}


def list_url(params):
    """Return the list's query string for a mutable QueryDict; ``pick`` alone would lead to the comparison."""
    if "pick" in params:
        params.setdefault("sort", "country")
    return f"?{params.urlencode()}"


class UnvalidatedChoiceField(forms.MultipleChoiceField):
    """Accept values that are not among the choices: they match nothing."""

    def valid_value(self, value):
        return True


class UnvalidatedChoiceFilter(MultipleChoiceFilter):
    field_class = UnvalidatedChoiceField

    def __init__(self, **kwargs):
        super().__init__(widget=forms.CheckboxSelectMultiple, **kwargs)


VALUE_CHECKS = {
    "type": lambda partner_filter, value: value in partner_filter.list_index.type_names,
    "status": lambda _partner_filter, value: value in STATUSES,
    "country": lambda partner_filter, value: value in partner_filter.country_names,
    "sort": lambda _partner_filter, value: value in SORT_FIELDS,
    "on": lambda partner_filter, value: not RequestedDay(value, partner_filter.on).is_invalid,
    "page": lambda _partner_filter, value: value == "all" or (value.isdecimal() and len(value) < 10),
}
"""Predicates of a filter and a value, by query parameter."""


class PartnerFilter(FilterSet):
    """Filter of the public list. Type and status apply to the same agreement, so both are filtered in one step."""

    q = CharFilter()
    country = UnvalidatedChoiceFilter(label=_("Country or territory"))
    type = UnvalidatedChoiceFilter(label=_("Agreement type"))
    status = UnvalidatedChoiceFilter(label=_("Status"))
    sort = ChoiceFilter(
        label=_("Sort by"),
        empty_label=None,
        choices=[
            ("country", _("Country, A to Z")),
            ("-country", _("Country, Z to A")),
            ("name", _("Name, A to Z")),
            ("-name", _("Name, Z to A")),
        ],
    )

    def __init__(self, data, *args, on, **kwargs):
        super().__init__(data, *args, **kwargs)
        self.on = on
        self.invalid_values = [
            (name, value)
            for name in VALUE_CHECKS
            for value in data.getlist(name)
            if not self._is_valid_value(name, value)
        ]
        if self.invalid_values or len(data.getlist("pick")) > MAX_PICKS:
            self.data = self._with_valid_values()

    def _is_valid_value(self, name, value):
        return VALUE_CHECKS[name](self, value)

    def _with_valid_values(self):
        """Return the data with at most one invalid value per facet, and none otherwise, as every link repeats it.

        A facet with nothing but invalid values keeps one, so that it still matches nothing.
        """
        data, invalid = self.data.copy(), set(self.invalid_values)
        for name in dict(self.invalid_values):
            valid = [value for value in data.getlist(name) if (name, value) not in invalid]
            data.setlist(name, valid or (data.getlist(name)[:1] if name in FILTER_PARAMS else []))
        data.setlist("pick", data.getlist("pick")[:MAX_PICKS])
        return QueryDict(data.urlencode())

    def filter_queryset(self, queryset):
        order, is_translated = SORT_FIELDS[self.order], self.groups_by_country and uses_translated_names()
        return self._in_local_order(*order) if is_translated else self.unordered_queryset().order_by(*order)

    def _in_local_order(self, *order):
        """Sort countries by the alphabet of the visitor's language, in which the database has no names."""
        ranks = (When(country__code=code, then=rank) for rank, code in enumerate(self.options["country"]))
        ranked = self.unordered_queryset().alias(country_rank=Case(*ranks, default=len(self.options["country"])))
        return ranked.order_by(*(field.replace("country__name_key", "country_rank") for field in order))

    def unordered_queryset(self):
        universities = self.queryset.search(self.selected("q"))
        if codes := self.selected("country"):
            # Filtering by id instead of joining by code lets the database estimate the number of rows.
            ids = self.list_index.country_ids
            universities = universities.filter(country__in=[ids[code] for code in codes if code in ids])
        return universities.with_agreement(self.on, self._statuses(self.selected("status")), self.selected("type"))

    @cached_property
    def facet_counts(self):
        """Counters of universities by value, by query parameter."""
        return self._count_facets()

    def _count_facets(self, **overrides):
        selected = {name: overrides.get(name, self.selected(name)) for name in FILTER_PARAMS}
        profile_counts = self._search_profile_counts if selected["q"] else self.list_index.profile_counts
        return count_facets(profile_counts, selected["country"], selected["type"], self._statuses(selected["status"]))

    def count_by_country(self, **overrides):
        """Return the number of matching universities by country code; ``overrides`` replace selected values."""
        countries = overrides.get("country", self.selected("country"))
        counts = (self._count_facets(**overrides) if overrides else self.facet_counts)["country"]
        return {code: count for code, count in counts.items() if not countries or code in countries}

    @cached_property
    def list_index(self):
        return get_list_index(self.on)

    @cached_property
    def _search_profile_counts(self):
        profiles, found = self.list_index.profiles, self.queryset.search(self.selected("q")).order_by()
        return count_profiles(profiles[pk] for pk in found.values_list("pk", flat=True) if pk in profiles)

    def _statuses(self, selected):
        return STATUSES.keys() & (selected or STATUSES)

    def selected(self, name):
        return self.form.cleaned_data.get(name) or ""

    def url_without(self, name, value):
        """Return the URL of the first page of this list without one of the selected values."""
        params = self.data.copy()
        params.pop("page", None)
        if name == "q":
            params.pop(name, None)
        else:
            params.setlist(name, [other for other in params.getlist(name) if other != value])
        return list_url(params)

    def toggle_urls(self, name, values):
        """Yield for each value a pair of it and the URL of this list with it selected, or deselected if it was."""
        params, selected = self.data.copy(), set(self.selected(name))
        for dropped in (name, "page"):
            params.pop(dropped, None)
        rest = list_url(params)[1:]
        pairs = {value: f"{name}={quote_plus(value)}" for value in selected.union(values)}
        for value in values:
            facet = "&".join(pairs[other] for other in sorted(selected ^ {value}))
            yield value, f"?{rest}&{facet}" if rest and facet else f"?{rest}{facet}"

    @property
    def clear_url(self):
        """URL of the list without any filter, in the same order, day, shortlist and embedding."""
        params = self.data.copy()
        for name in [*FILTER_PARAMS, "page"]:
            params.pop(name, None)
        return list_url(params)

    @property
    def today_url(self):
        """URL of the same list as of today."""
        return self.url_without("on", self.data.get("on"))

    @cached_property
    def download_query(self):
        """Query string for the downloads of this list, empty or with its question mark."""
        params = self.data.copy()
        for name in ("page", "pick"):
            params.pop(name, None)
        return f"?{params.urlencode()}" if params else ""

    @property
    def hidden_fields(self):
        """Pairs of name and value for a form that changes the day only."""
        return [(name, value) for name in [*FILTER_PARAMS, "sort", "pick"] for value in self.data.getlist(name)]

    @property
    def order(self):
        return self.selected("sort") or "country"

    @property
    def groups_by_country(self):
        return self.order.endswith("country")

    @property
    def has_active_filters(self):
        return any(map(self.selected, FILTER_PARAMS))

    @property
    def is_cacheable(self):
        """Return True for at most one facet value, which the site itself links to; combinations are endless."""
        selected = [name for name in FILTER_PARAMS for _value in self.data.getlist(name)]
        return not self.invalid_values and "q" not in selected and "on" not in self.data and len(selected) <= 1

    @property
    def is_indexable(self):
        """Return True for the unfiltered list and its pages: search engines should not index anything else."""
        return (
            not any(name in self.data for name in [*FILTER_PARAMS, "sort", "pick", "on", "embed"])
            and self.data.get("page") != "all"
        )

    @cached_property
    def options(self):
        """Labels by value, by query parameter."""
        return {"type": self.list_index.type_names, "status": STATUSES, "country": dict(self._countries())}

    @cached_property
    def country_names(self):
        """Names by code of the countries with a listed university and of those in the query parameters."""
        names = self.list_index.country_names
        if unlisted := [code for code in self.data.getlist("country") if code not in names]:
            names = names | dict(Country.objects.filter(code__in=unlisted).values_list("code", "name"))
        return names

    def _countries(self):
        return sorted(localized_names(self.country_names).items(), key=lambda country: sort_key(country[1]))
