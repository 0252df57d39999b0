"""Filters that several changelists share, and those of universities."""

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from partners.admin.facet_changelist import CustomFacetFilter, GroupedFacetFilter
from partners.models import Agreement, AgreementType, Country, University
from partners.querysets import ENDED, EXPIRED, IN_FORCE, IN_PROCESS


class StatusFilter(admin.SimpleListFilter):
    """Filter by an agreement's state today, which follows from its stored status and its last day."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [
            (IN_PROCESS, _("in process")),
            (IN_FORCE, _("in force")),
            (EXPIRED, _("expired")),
            (ENDED, _("ended")),
        ]

    def queryset(self, request, queryset):
        return queryset.in_states(localdate(), self.value()) if self.value() else queryset


class UniversityTypeFilter(CustomFacetFilter):
    """Combined with the status filter, one agreement has to match both."""

    title = _("agreement type")
    parameter_name = "type"

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.states = request.GET.getlist(StatusFilter.parameter_name) or None

    def lookups(self, request, model_admin):
        return list(AgreementType.objects.values_list("slug", "name"))

    def queryset(self, request, queryset):
        return queryset.with_agreement(localdate(), self.states, [self.value()]) if self.value() else queryset

    def counts(self, changelist, parameter):
        agreements = Agreement.objects.filter(university__in=changelist.queryset_without_filter(parameter).values("pk"))
        if self.states:
            agreements = agreements.in_states(localdate(), *self.states)
        return dict(agreements.values_list("agreement_type__slug").annotate(Count("university", distinct=True)))


class UniversityStatusFilter(CustomFacetFilter, StatusFilter):
    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.types = request.GET.getlist(UniversityTypeFilter.parameter_name)

    def queryset(self, request, queryset):
        return queryset.with_agreement(localdate(), [self.value()], self.types) if self.value() else queryset

    def counts(self, changelist, parameter):
        agreements = Agreement.objects.filter(university__in=changelist.queryset_without_filter(parameter).values("pk"))
        return agreements.of_types(*self.types).count_universities_by_state(localdate())


class UniversityCountryFilter(GroupedFacetFilter):
    title = _("country or territory")
    parameter_name = "country"
    columns = ("country__code",)
    objects_in_country = University.objects.filter(country=OuterRef("pk"))

    def lookups(self, request, model_admin):
        return list(Country.objects.filter(Exists(self.objects_in_country)).values_list("code", "name"))

    def queryset(self, request, queryset):
        return queryset.filter(**{self.columns[0]: self.value()}) if self.value() else queryset

    def matching_choices(self, row):
        return [row[self.columns[0]]]
