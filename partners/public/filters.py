"""The list's address: what it asks for, and how it is answered."""

from functools import cached_property
from urllib.parse import quote_plus

from django import forms
from django.db.models import Case, When
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet, MultipleChoiceFilter

from partners.country_names import localized_names, sort_key, uses_translated_names
from partners.models import Country
from partners.public.days import Day
from partners.public.facet_index import count_profiles, facet_counts, get_list_index
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
"""Universities on a shortlist. More could not be looked at side by side."""
STATUSES = {IN_FORCE: _("In force"), IN_PROCESS: _("In process, not open yet")}


def list_url(asked):
    """An address that picks universities and asks for nothing else would be their comparison."""
    if "pick" in asked:
        asked.setdefault("sort", "country")
    return f"?{asked.urlencode()}"


class UnvalidatedChoiceField(forms.MultipleChoiceField):
    """An address may name what is not among the choices, and then finds nothing."""

    def valid_value(self, value):
        return True


class UnvalidatedChoiceFilter(MultipleChoiceFilter):
    field_class = UnvalidatedChoiceField

    def __init__(self, **kwargs):
        super().__init__(widget=forms.CheckboxSelectMultiple, **kwargs)


KNOWN = {
    "type": lambda partner_filter, value: value in partner_filter.whole.types,
    "status": lambda _partner_filter, value: value in STATUSES,
    "country": lambda partner_filter, value: value in partner_filter.country_names,
    "sort": lambda _partner_filter, value: value in SORT_FIELDS,
    "on": lambda partner_filter, value: not Day(value, partner_filter.on).is_refused,
    "page": lambda _partner_filter, value: value == "all" or (value.isdecimal() and len(value) < 10),
}
"""Whether a parameter can have a value."""


class PartnerFilter(FilterSet):
    """Type and status are asked of one agreement, so that they are answered together."""

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
        self.unknown = [(name, value) for name in KNOWN for value in data.getlist(name) if not self._knows(name, value)]
        if self.unknown or len(data.getlist("pick")) > MAX_PICKS:
            self.data = self._without_useless_values()

    def _knows(self, name, value):
        """Return whether a parameter can have a value."""
        return KNOWN[name](self, value)

    def _without_useless_values(self):
        """Each link repeats the data. Of a group of choices, one unknown value finds nothing as well as hundreds."""
        data, unknown = self.data.copy(), set(self.unknown)
        for name in dict(self.unknown):
            known = [value for value in data.getlist(name) if (name, value) not in unknown]
            data.setlist(name, known or (data.getlist(name)[:1] if name in FILTER_PARAMS else []))
        data.setlist("pick", data.getlist("pick")[:MAX_PICKS])
        return QueryDict(data.urlencode())

    def filter_queryset(self, queryset):
        order, is_translated = SORT_FIELDS[self.order], self.groups_by_country and uses_translated_names()
        return self._in_local_order(*order) if is_translated else self.matching().order_by(*order)

    def _in_local_order(self, *order):
        """Countries by the alphabet of the visitor's language. Names in it are not in the database."""
        ranks = (When(country__code=code, then=rank) for rank, code in enumerate(self.options["country"]))
        ranked = self.matching().alias(country_rank=Case(*ranks, default=len(self.options["country"])))
        return ranked.order_by(*(field.replace("country__name_key", "country_rank") for field in order))

    def matching(self):
        """The universities that are asked for. A database knows how many a country has if it is told by its id."""
        found = self.queryset.search(self.chosen("q"))
        if codes := self.chosen("country"):
            found = found.filter(country__in=[self.whole.ids[code] for code in codes if code in self.whole.ids])
        return found.with_agreement(self.on, self._statuses(self.chosen("status")), self.chosen("type"))

    @cached_property
    def counts(self):
        """What each choice brings, by its group."""
        return self._counts()

    def _counts(self, **otherwise):
        """The same if some of those that are made were others."""
        chosen = {name: otherwise.get(name, self.chosen(name)) for name in FILTER_PARAMS}
        found = self._found if chosen["q"] else self.whole.counted
        return facet_counts(found, chosen["country"], chosen["type"], self._statuses(chosen["status"]))

    def count_by_country(self, **otherwise):
        """How many universities are found, or would be, by the code of their country."""
        countries = otherwise.get("country", self.chosen("country"))
        found = (self._counts(**otherwise) if otherwise else self.counts)["country"]
        return {code: number for code, number in found.items() if not countries or code in countries}

    @cached_property
    def whole(self):
        return get_list_index(self.on)

    @cached_property
    def _found(self):
        kinds, found = self.whole.kinds, self.queryset.search(self.chosen("q")).order_by()
        return count_profiles(kinds[each] for each in found.values_list("pk", flat=True) if each in kinds)

    def _statuses(self, chosen):
        return STATUSES.keys() & (chosen or STATUSES)

    def chosen(self, name):
        return self.form.cleaned_data.get(name) or ""

    def address(self, name=None, value=None):
        """The address of this list without one of its choices. From its first page on."""
        asked = self.data.copy()
        asked.pop("page", None)
        if name == "q":
            asked.pop(name, None)
        elif name:
            asked.setlist(name, [each for each in asked.getlist(name) if each != value])
        return list_url(asked)

    def toggled(self, name, values):
        """The address of this list with each of the values chosen as well, or without it if it is."""
        asked, chosen = self.data.copy(), set(self.chosen(name))
        for each in (name, "page"):
            asked.pop(each, None)
        rest, asked_for = list_url(asked)[1:], {each: f"{name}={quote_plus(each)}" for each in chosen.union(values)}
        for value in values:
            of_group = "&".join(asked_for[each] for each in sorted(chosen ^ {value}))
            yield value, f"?{rest}&{of_group}" if rest and of_group else f"?{rest}{of_group}"

    @property
    def cleared(self):
        """The address of the list without any of its choices, however it is shown."""
        asked = self.data.copy()
        for name in [*FILTER_PARAMS, "page"]:
            asked.pop(name, None)
        return list_url(asked)

    @property
    def today(self):
        """The address of the same list as of today."""
        return self.address("on", self.data.get("on"))

    @cached_property
    def asked(self):
        """What files of this list are asked for."""
        asked = self.data.copy()
        for name in ("page", "pick"):
            asked.pop(name, None)
        return f"?{asked.urlencode()}" if asked else ""

    @property
    def carried(self):
        """What the address asks for besides the day."""
        return [(name, value) for name in [*FILTER_PARAMS, "sort", "pick"] for value in self.data.getlist(name)]

    @property
    def order(self):
        return self.chosen("sort") or "country"

    @property
    def groups_by_country(self):
        return self.order.endswith("country")

    @property
    def has_active_filters(self):
        return any(map(self.chosen, FILTER_PARAMS))

    @property
    def is_cacheable(self):
        """What the site itself leads to: there is no end of all that can be asked."""
        made = [name for name in FILTER_PARAMS for _value in self.data.getlist(name)]
        return not self.unknown and "q" not in made and "on" not in self.data and len(made) <= 1

    @property
    def is_plain(self):
        """Whether the address asks for nothing but one of the list's pages."""
        return (
            not any(name in self.data for name in [*FILTER_PARAMS, "sort", "pick", "on", "embed"])
            and self.data.get("page") != "all"
        )

    @cached_property
    def options(self):
        """What each group offers: the values that addresses have, with their labels."""
        return {"type": self.whole.types, "status": STATUSES, "country": dict(self._countries())}

    @cached_property
    def country_names(self):
        """Of those with a university on the list, and of those that the address names, by their codes."""
        names = self.whole.countries
        if unlisted := [code for code in self.data.getlist("country") if code not in names]:
            names = names | dict(Country.objects.filter(code__in=unlisted).values_list("code", "name"))
        return names

    def _countries(self):
        return sorted(localized_names(self.country_names).items(), key=lambda country: sort_key(country[1]))
