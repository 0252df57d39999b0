"""The list's address: what it asks for, and how it is answered."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet, MultipleChoiceFilter

from partners.models import AgreementType, Country
from partners.querysets import IN_FORCE, IN_PROCESS

SORTS = {
    "country": ["country__name_key", "name_key", "pk"],
    "-country": ["-country__name_key", "name_key", "pk"],
    "name": ["name_key", "country__name_key", "pk"],
    "-name": ["-name_key", "country__name_key", "pk"],
}


class AnyChoiceField(forms.MultipleChoiceField):
    """An address may name what is not among the choices, and then finds nothing."""

    def valid_value(self, value):
        return "\0" not in value


class AnyChoiceFilter(MultipleChoiceFilter):
    field_class = AnyChoiceField

    def __init__(self, **kwargs):
        super().__init__(widget=forms.CheckboxSelectMultiple, **kwargs)


class PartnerFilter(FilterSet):
    """Type and status are asked of one agreement, so that they are answered together."""

    q = CharFilter(label=_("Search"), widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}))
    country = AnyChoiceFilter(label=_("Country or territory"))
    type = AnyChoiceFilter(label=_("Agreement type"))
    status = AnyChoiceFilter(
        label=_("Status"), choices=[(IN_FORCE, _("In force")), (IN_PROCESS, _("In process, not open yet"))]
    )
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

    def __init__(self, *args, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.on = on
        self.filters["country"].extra["choices"] = self._countries
        self.filters["type"].extra["choices"] = lambda: AgreementType.objects.values_list("slug", "name")

    def filter_queryset(self, queryset):
        states = self.chosen("status") or [IN_FORCE, IN_PROCESS]
        queryset = queryset.with_agreement(self.on, {IN_FORCE, IN_PROCESS}.intersection(states), self.chosen("type"))
        if countries := self.chosen("country"):
            queryset = queryset.filter(country__code__in=countries)
        return queryset.search(self.chosen("q")).order_by(*SORTS[self.order])

    def chosen(self, name):
        return self.form.cleaned_data.get(name) or ""

    @property
    def order(self):
        return self.chosen("sort") or "country"

    @property
    def is_by_country(self):
        return self.order.endswith("country")

    @property
    def is_narrowed(self):
        return any(map(self.chosen, ["q", "country", "type", "status"]))

    def _countries(self):
        """Those with a university on the list, and those that the address names."""
        listed = Q(pk__in=self.queryset.public(self.on).order_by().values("country"))
        named = Q(code__in=[code for code in self.data.getlist("country") if "\0" not in code])
        return Country.objects.filter(listed | named).values_list("code", "name")
