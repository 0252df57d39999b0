from django.core.paginator import Paginator
from django.db.models import Count
from django.utils.timezone import localdate
from django.views.generic import DetailView, TemplateView

from partners.models import University
from partners.public.filters import PartnerFilter
from partners.public.listing import partners, public_agreements

ON_ONE_PAGE = 250
PER_PAGE = 100


class PartnerListView(TemplateView):
    template_name = "partners/list.html"

    def get_context_data(self, **kwargs):
        on = localdate()
        partner_filter = PartnerFilter(self.request.GET, University.objects.filter(is_listed=True), on=on)
        found = partner_filter.qs
        count = found.order_by().aggregate(universities=Count("pk"), countries=Count("country", distinct=True))
        page = _page(found, count["universities"], self.request.GET.get("page"))
        page.object_list = partners(page.object_list, on)
        return super().get_context_data(filter=partner_filter, count=count, page=page, **kwargs)


def _page(universities, count, number):
    paginator = Paginator(universities, ON_ONE_PAGE if count <= ON_ONE_PAGE else PER_PAGE)
    paginator.count = count
    return paginator.get_page(number)


class UniversityView(DetailView):
    template_name = "partners/university.html"
    context_object_name = "university"

    def get_queryset(self):
        return University.objects.public(localdate()).select_related("country")

    def get_context_data(self, **kwargs):
        agreements = public_agreements([self.object.pk], localdate())[self.object.pk]
        return super().get_context_data(agreements=agreements, **kwargs)
