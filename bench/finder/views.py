"""The filters, counts and facts of the public list as the documentation of django-filter would have one write them."""

from django.db.models import Count
from django_filters import CharFilter, ChoiceFilter, FilterSet, ModelMultipleChoiceFilter
from django_filters.views import FilterView

from partners.enums import AgreementStatus, StudyLevel
from partners.models import AgreementType, Country, University
from partners.regions import REGION_LABELS, countries_by_region

MOBILITIES = "agreements__mobilities"


class UniversityFilter(FilterSet):
    q = CharFilter("name", "icontains")
    region = ChoiceFilter(choices=list(REGION_LABELS.items()), method="filter_region")
    country = ModelMultipleChoiceFilter(
        "country__code", queryset=Country.objects.order_by("name"), to_field_name="code"
    )
    type = ModelMultipleChoiceFilter(
        "agreements__agreement_type__slug", queryset=AgreementType.objects.order_by("name"), to_field_name="slug"
    )
    level = ChoiceFilter(f"{MOBILITIES}__study_levels", "contains", choices=StudyLevel.choices)
    field = CharFilter(f"{MOBILITIES}__fields_of_study", "contains")
    language = CharFilter(method="filter_language")

    class Meta:
        model = University
        fields = []

    def filter_region(self, queryset, _name, value):
        return queryset.filter(country__code__in=countries_by_region()[value])

    def filter_language(self, queryset, _name, value):
        return queryset.filter(**{f"{MOBILITIES}__languages__contains": value.replace("-", " ")})


class UniversityList(FilterView):
    filterset_class = UniversityFilter
    template_name = "finder/university_list.html"
    paginate_by = 250
    queryset = (
        University.objects.filter(is_listed=True, agreements__status=AgreementStatus.SIGNED)
        .select_related("country")
        .prefetch_related("agreements__agreement_type", "agreements__mobilities")
        .order_by("country__name", "name")
        .distinct()
    )

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        found = self.object_list.order_by()
        for name in ("country__name", "agreements__agreement_type__name", f"{MOBILITIES}__study_levels"):
            context.setdefault("counts", []).append(found.values_list(name).annotate(Count("pk", distinct=True)))
        return context
