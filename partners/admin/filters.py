"""Filters whose facet counts stay fast with 100,000 rows, and those of universities.

Django's facets have an aggregate with a condition for each choice, which takes seconds for a hundred countries and
repeats the search for each choice. Here one GROUP BY query counts the rows, and the filters add up its groups.
"""

from collections import Counter

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from partners.models import Agreement, AgreementType, Country, University
from partners.querysets import STATE_LABELS


class FacetFilter(admin.SimpleListFilter):
    """A filter whose facets are added up from groups of its columns' values.

    Subclasses define `matching_choices(row)`: the values of the choices that a dict of column values belongs to.
    """

    columns = ()

    def get_facet_queryset(self, changelist):
        counts = self.count_choices(changelist, self.expected_parameters() if self.value() else ())
        return {f"{index}__c": counts.get(value, 0) for index, (value, _label) in enumerate(self.lookup_choices)}

    def count_choices(self, changelist, excluded):
        """Return the count for each choice, ignoring the excluded parameters of the changelist."""
        counts = Counter()
        for row in changelist.grouped_counts(self.request, self.columns, excluded):
            for choice in self.matching_choices(row):
                counts[choice] += row["count"]
        return counts


class ColumnFilter(FacetFilter):
    """A filter by the value of one column.

    Subclasses define `options(request)`: the value in the URL, the label and the value of the column for each choice.
    """

    column = ""

    def lookups(self, request, model_admin):
        options = self.options(request)
        self.column_values = {choice: column_value for choice, _label, column_value in options}
        self.choices_by_column_value = {column_value: choice for choice, _label, column_value in options}
        return [(choice, label) for choice, label, _column_value in options]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        if self.value() not in self.column_values:
            return queryset.none()
        return queryset.filter(**{self.column: self.column_values[self.value()]})

    def matching_choices(self, row):
        return [self.choices_by_column_value.get(row[self.column])]


class UniversityTypeFilter(FacetFilter):
    """Combined with the status filter, one agreement has to match both."""

    title = _("agreement type")
    parameter_name = "type"

    def lookups(self, request, model_admin):
        return list(AgreementType.objects.values_list("slug", "name"))

    def queryset(self, request, queryset):
        states = request.GET.getlist(UniversityStatusFilter.parameter_name) or None
        return queryset.with_agreement(localdate(), states, [self.value()]) if self.value() else queryset

    def count_choices(self, changelist, excluded):
        universities = changelist.get_queryset(self.request, exclude_parameters=excluded).order_by()
        agreements = Agreement.objects.filter(university__in=universities.values("pk"))
        if states := self.request.GET.getlist(UniversityStatusFilter.parameter_name):
            agreements = agreements.in_states(localdate(), *states)
        return dict(agreements.values_list("agreement_type__slug").annotate(Count("university", distinct=True)))


class UniversityStatusFilter(FacetFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return list(STATE_LABELS.items())

    def queryset(self, request, queryset):
        types = request.GET.getlist(UniversityTypeFilter.parameter_name)
        return queryset.with_agreement(localdate(), [self.value()], types) if self.value() else queryset

    def count_choices(self, changelist, excluded):
        universities = changelist.get_queryset(self.request, exclude_parameters=excluded).order_by()
        agreements = Agreement.objects.filter(university__in=universities.values("pk"))
        types = self.request.GET.getlist(UniversityTypeFilter.parameter_name)
        return agreements.of_types(*types).count_universities_by_state(localdate())


class UniversityCountryFilter(ColumnFilter):
    title = _("country or territory")
    parameter_name = "country"
    column, columns = "country__code", ("country__code",)
    objects_in_country = University.objects.filter(country=OuterRef("pk"))

    def options(self, request):
        countries = Country.objects.filter(Exists(self.objects_in_country))
        return [(code, name, code) for code, name in countries.values_list("code", "name")]
