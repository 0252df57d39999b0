"""Filters of the universities' changelist."""

from django.db.models import Count, Exists, OuterRef
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from partners.admin.filters.facets import FAILING, LINKED, NONE, WITHDRAWN, ColumnFilter, FacetFilter
from partners.models import Agreement, AgreementType, Country, University, WebsiteCheck
from partners.querysets import STATE_LABELS


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
    labels = STATE_LABELS

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


class UniversityDirectoryFilter(ColumnFilter):
    title = _("link to the directory")
    parameter_name = "directory"
    column, columns = "institution__is_withdrawn", ("institution__is_withdrawn",)

    def options(self, request):
        return [
            (LINKED, _("linked"), False),
            (WITHDRAWN, _("institution withdrawn"), True),
            (NONE, _("not linked"), None),
        ]


class UniversityWebsiteFilter(FacetFilter):
    title = _("website")
    parameter_name = "website"
    labels = {FAILING: _("to check")}

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        return self.filter_failing(queryset) if self.value() == FAILING else queryset.none()

    def count_choices(self, changelist, excluded):
        return {FAILING: self.filter_failing(changelist.get_queryset(self.request, excluded)).count()}

    @staticmethod
    def filter_failing(queryset):
        return queryset.filter(pk__in=WebsiteCheck.objects.reported().values("university"))
