from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, TemplateView

from partners.http import get_client_network
from partners.models import University
from partners.permissions import can_preview_universities
from partners.public.days import RequestedDay
from partners.public.downloads import FILE_FORMATS
from partners.public.error_reports import ReportForm, check_rate_limit, send_report, signed_timestamp
from partners.public.facets import active_filters, build_facets, relaxation_suggestions
from partners.public.filters import PartnerFilter
from partners.public.list_rows import build_rows
from partners.public.map import CountryMap
from partners.public.query_params import set_query_params
from partners.public.shortlist import Shortlist, is_comparison
from partners.public.university_details import last_modified, other_partners_in_country, public_agreements

SINGLE_PAGE_MAX = 250
"""Longest list that is shown on one page; a longer one has pages of PAGE_SIZE universities."""
PAGE_SIZE = 100
PRINT_MAX = 1_000
"""Longest list that can be printed as one page."""
CACHED_PAGES = 5
"""The first pages of a list, as few readers go further."""
OPTIONAL_COLUMNS = {"country", "type"}
"""Columns of an embedded list besides the university."""


class PartnerListView(TemplateView):
    template_name = "partners/list.html"

    def get(self, request, *args, **kwargs):
        if is_comparison(request.GET):
            return ComparisonView.as_view()(request)
        if "embed" in request.GET and not isinstance(self, EmbeddedListView):
            return EmbeddedListView.as_view()(request)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        day = RequestedDay(self.request.GET.get("on", ""), localdate())
        on = day.on
        partner_filter = PartnerFilter(self.request.GET, University.objects.filter(is_listed=True), on=on)
        set_query_params(self.request, partner_filter.data)
        universities = partner_filter.qs
        count_by_country = partner_filter.count_by_country()
        count = {"universities": sum(count_by_country.values()), "countries": len(count_by_country)}
        page = _paginate(universities, count["universities"], self.request.GET.get("page"))
        shortlist = Shortlist(partner_filter.data, on)
        page.object_list = build_rows(page.object_list, partner_filter.list_index, day, shortlist)
        facets, selected = build_facets(partner_filter), list(active_filters(partner_filter))
        return super().get_context_data(
            filter=partner_filter,
            facets=facets,
            panels=SimpleLazyObject(lambda: list(CountryMap(partner_filter, facets["country"]).panels())),
            active_filters=selected,
            day=day,
            file_formats=FILE_FORMATS,
            on=on,
            can_print_all=count["universities"] <= PRINT_MAX,
            suggestions=[] if page.object_list else relaxation_suggestions(partner_filter, selected),
            count=count,
            page=page,
            has_in_process=any(badge.is_in_process for row in page.object_list for badge in row.agreements),
            shortlist=shortlist,
            **kwargs,
        )

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        response.is_cacheable = context["filter"].is_cacheable and self._is_cacheable_page(context["page"])
        if context["shortlist"].slugs:
            add_never_cache_headers(response)
        return response

    def _is_cacheable_page(self, page):
        """Return True for one of the first pages, requested by its number."""
        is_canonical = self.request.GET.get("page", "1") == str(page.number)
        return is_canonical and page.number <= CACHED_PAGES and bool(page.object_list)


def _paginate(universities, count, number):
    single_page_max = PRINT_MAX if number == "all" else SINGLE_PAGE_MAX
    paginator = Paginator(universities, single_page_max if count <= single_page_max else PAGE_SIZE)
    paginator.count = count
    return paginator.get_page(number)


class EmbeddedListView(PartnerListView):
    """The list for an iframe on a site in EMBED_ALLOWED_ORIGINS."""

    template_name = "partners/embedded.html"

    def get_context_data(self, **kwargs):
        columns = self.request.GET.get("columns", "country,type").split(",")
        flags = {f"show_{name}": name in columns for name in OPTIONAL_COLUMNS}
        return super().get_context_data(**kwargs) | {"columns": columns, "can_print_all": False} | flags

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        columns = context["columns"]
        is_usual = set(columns) <= OPTIONAL_COLUMNS and len(columns) <= len(OPTIONAL_COLUMNS)
        response.is_cacheable &= is_usual and self.request.GET["embed"] == "1"
        if settings.EMBED_ALLOWED_ORIGINS:
            response.xframe_options_exempt = True
            response[HEADER] = build_policy(replace={"frame-ancestors": settings.EMBED_ALLOWED_ORIGINS})
        return response


class ComparisonView(TemplateView):
    template_name = "partners/comparison.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(shortlist=Shortlist(self.request.GET, localdate()), **kwargs)

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        # Shortlists are too varied to be worth caching.
        add_never_cache_headers(response)
        return response


class UniversityView(DetailView):
    template_name = "partners/university.html"
    context_object_name = "university"

    def get(self, request, *args, slug):
        try:
            return super().get(request, *args, slug=slug)
        except Http404:
            return self._redirect_former_slug(slug)

    def _redirect_former_slug(self, slug):
        """Redirect to the university's current URL, or raise Http404."""
        universities = University.objects.public(localdate()).by_former_slugs(slug)
        if not universities:
            raise Http404
        response = redirect(universities[slug], permanent=True)
        # A university may take a former slug again; a cached redirect would then lead in circles.
        add_never_cache_headers(response)
        return response

    def get_queryset(self):
        return University.objects.select_related("country")

    def get_object(self, queryset=None):
        """Return the university; one that is not public only to staff, as a preview."""
        university = super().get_object(queryset)
        self.is_public = University.objects.public(localdate()).filter(pk=university.pk).exists()
        if not self.is_public and not can_preview_universities(self.request):
            raise Http404
        return university

    def get_context_data(self, **kwargs):
        on = localdate()
        other_partners, other_partners_count = other_partners_in_country(self.object, on)
        shortlist = Shortlist(self.request.GET, on)
        return super().get_context_data(
            agreements=public_agreements([self.object.pk], on)[self.object.pk],
            is_public=self.is_public,
            last_modified=last_modified(self.object),
            other_partners=other_partners,
            other_partners_count=other_partners_count,
            shortlist=shortlist,
            toggle_url=shortlist.page_toggle_url(self.object.slug),
            **kwargs,
        )

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        if context["shortlist"].slugs or not self.is_public:
            add_never_cache_headers(response)
        return response


class ReportView(FormView):
    """Form to report an error. Not on the university's page itself, so that that can be cached for everybody."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "partners/report.html"
    form_class = ReportForm

    def dispatch(self, request, *args, slug):
        public = University.objects.public(localdate()).select_related("country")
        self.university = get_object_or_404(public if settings.OFFICE_EMAIL else public.none(), slug=slug)
        return super().dispatch(request, *args, slug=slug)

    def get_context_data(self, **kwargs):
        opened = signed_timestamp(self.request.POST.get("opened", ""))
        return super().get_context_data(university=self.university, opened=opened, **kwargs)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"label_suffix": ""}

    def form_valid(self, form):
        values = form.cleaned_data
        if not check_rate_limit(get_client_network(self.request)):
            return self._form_error(form, _("There have been many reports in the last hour. Please try again later."))
        try:
            send_report(self.university, self._university_url(), values["message"], values["email"])
        except OSError:
            message = _("Mail does not work at the moment. Please write to %(address)s.")
            return self._form_error(form, message % {"address": settings.OFFICE_EMAIL})
        return redirect("reported", self.university.slug)

    def _university_url(self):
        return self.request.build_absolute_uri(self.university.get_absolute_url())

    def _form_error(self, form, message):
        form.add_error(None, message)
        return self.form_invalid(form)


class ReportSentView(ReportView):
    template_name = "partners/reported.html"
    http_method_names = ["get", "head", "options"]
