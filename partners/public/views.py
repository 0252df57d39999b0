from csp.decorators import csp_replace
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.utils.timezone import localdate
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.generic import DetailView, TemplateView

from partners.enums import AgreementStatus
from partners.models import University
from partners.permissions import can_preview_universities
from partners.public.downloads import FILE_FORMATS
from partners.public.facets import active_filters, build_facets, relaxation_suggestions
from partners.public.filters import FILTER_PARAMS, SORT_LABELS, PartnerFilter, list_url
from partners.public.map import build_map
from partners.public.query_params import set_query_params
from partners.public.shortlist import Shortlist, detail_rows, is_comparison
from partners.public.university_details import (
    last_modified,
    other_partners_in_country,
    public_agreements,
    public_agreements_prefetch,
)

SINGLE_PAGE_MAX = 250
"""Longest list that is shown on one page; a longer one has pages of PAGE_SIZE universities."""
PAGE_SIZE = 100
PRINT_MAX = 1_000
"""Longest list that can be printed as one page."""
DAY_FORM_PARAMS = [*FILTER_PARAMS, "sort", "pick"]
"""Parameters that the form for another day keeps."""


class PartnerListView(TemplateView):
    template_name = "partners/list.html"

    def get(self, request, *args, **kwargs):
        if is_comparison(request.GET):
            return ComparisonView.as_view()(request)
        if "embed" in request.GET and not isinstance(self, EmbeddedListView):
            return EmbeddedListView.as_view()(request)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        partner_filter = PartnerFilter(self.request.GET, localdate())
        params, on = partner_filter.params, partner_filter.on
        set_query_params(self.request, params)
        facets, selected = build_facets(partner_filter), active_filters(partner_filter)
        count_by_country = partner_filter.count_by_country()
        count = {"universities": sum(count_by_country.values()), "countries": len(count_by_country)}
        universities = partner_filter.universities().select_related("country")
        page = _paginate(
            universities.prefetch_related(public_agreements_prefetch(on)), count["universities"], params.get("page")
        )
        statuses = {agreement.status for university in page for agreement in university.public_agreements}
        return super().get_context_data(
            filter=partner_filter,
            facets=facets,
            panels=SimpleLazyObject(lambda: build_map(partner_filter, facets["country"])),
            active_filters=selected,
            # Search engines should not index anything but the unfiltered list and its pages.
            is_indexable=set(params) <= {"page"} and params.get("page") != "all",
            file_formats=FILE_FORMATS,
            sort_labels=SORT_LABELS,
            can_print_all=count["universities"] <= PRINT_MAX,
            suggestions=[] if page.object_list else relaxation_suggestions(partner_filter, selected),
            count=count,
            page=page,
            has_in_process=AgreementStatus.IN_PROCESS in statuses,
            shortlist=Shortlist(params, on),
            clear_url=list_url(params, page=[], **dict.fromkeys(FILTER_PARAMS, ())),
            today_url=list_url(params, page=[], on=[]),
            day_form_fields=[(name, value) for name in DAY_FORM_PARAMS for value in params.getlist(name)],
            download_query=list_url(params, page=[], pick=[]).removesuffix("?"),
            **kwargs,
        )

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        # Shortlists and unknown values are endless.
        if context["shortlist"].slugs or context["filter"].invalid_values:
            add_never_cache_headers(response)
        return response


def _paginate(universities, count, number):
    single_page_max = PRINT_MAX if number == "all" else SINGLE_PAGE_MAX
    paginator = Paginator(universities, single_page_max if count <= single_page_max else PAGE_SIZE)
    paginator.count = count
    return paginator.get_page(number)


class EmbeddedListView(PartnerListView):
    """The list for an iframe on a site in EMBED_ALLOWED_ORIGINS."""

    template_name = "partners/embedded.html"

    def dispatch(self, request, *args, **kwargs):
        view = super().dispatch
        if settings.EMBED_ALLOWED_ORIGINS:
            view = xframe_options_exempt(csp_replace({"frame-ancestors": settings.EMBED_ALLOWED_ORIGINS})(view))
        return view(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"is_embedded": True, "can_print_all": False}


@method_decorator(never_cache, "dispatch")
class ComparisonView(TemplateView):
    template_name = "partners/comparison.html"

    def get_context_data(self, **kwargs):
        shortlist = Shortlist(self.request.GET, localdate())
        columns = shortlist.columns()
        return super().get_context_data(
            shortlist=shortlist,
            columns=columns,
            has_cities=any(university.city for university in shortlist.universities),
            detail_rows=detail_rows(columns),
            **kwargs,
        )


class UniversityView(DetailView):
    template_name = "partners/university.html"
    context_object_name = "university"

    def get(self, request, *args, slug):
        try:
            return super().get(request, *args, slug=slug)
        except Http404:
            universities = University.objects.public(localdate()).by_former_slugs(slug)
            if not universities:
                raise
        response = redirect(universities[slug], permanent=True)
        # A university may take a former slug again; a cached redirect would then lead in circles.
        add_never_cache_headers(response)
        return response

    def get_queryset(self):
        is_public = Exists(University.objects.public(localdate()).filter(pk=OuterRef("pk")))
        return University.objects.select_related("country").annotate(is_public=is_public)

    def get_object(self, queryset=None):
        """Return the university; one that is not public only to staff, as a preview."""
        university = super().get_object(queryset)
        if not university.is_public and not can_preview_universities(self.request):
            raise Http404
        return university

    def get_context_data(self, **kwargs):
        on = localdate()
        other_partners, other_partners_count = other_partners_in_country(self.object, on)
        shortlist = Shortlist(self.request.GET, on)
        return super().get_context_data(
            agreements=public_agreements([self.object], on)[self.object.pk],
            last_modified=last_modified(self.object),
            other_partners=other_partners,
            other_partners_count=other_partners_count,
            shortlist=shortlist,
            toggle_url=shortlist.page_toggle_url(self.object.slug),
            **kwargs,
        )

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        if context["shortlist"].slugs or not self.object.is_public:
            add_never_cache_headers(response)
        return response
