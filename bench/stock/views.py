from django_filters import FilterSet
from django_filters.views import FilterView

from bench.stock.models import University


class UniversityFilter(FilterSet):
    class Meta:
        model = University
        fields = ["country", "agreement_types"]


class UniversityList(FilterView):
    filterset_class = UniversityFilter
    template_name = "stock/university_list.html"
    paginate_by = 250
    queryset = University.objects.order_by("country__name", "name")


class PrefetchedUniversityList(UniversityList):
    queryset = UniversityList.queryset.select_related("country").prefetch_related("agreement_types")
