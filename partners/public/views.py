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

from partners.accounts.access import is_office
from partners.accounts.throttling import client_network
from partners.models import University
from partners.public.days import Day
from partners.public.downloads import FILE_FORMATS
from partners.public.error_reports import ReportForm, check_rate_limit, renew_opened, send_report
from partners.public.facets import active_filters, facets, relaxation_suggestions
from partners.public.filters import PartnerFilter
from partners.public.list_rows import build_rows
from partners.public.map import CountryMap
from partners.public.query_params import set_parameters
from partners.public.shortlist import Shortlist, is_comparison
from partners.public.university_details import last_modified, other_partners_in_country, public_agreements

SINGLE_PAGE_MAX = 250
PAGE_SIZE = 100
PRINT_MAX = 1_000
"""Universities that are put on one page for printing. More would rather be narrowed first."""
CACHED_PAGES = 5
COLUMNS = {"country", "type"}
"""That an embedded list may do without."""


class PartnerListView(TemplateView):
    template_name = "partners/list.html"

    def get(self, request, *args, **kwargs):
        if is_comparison(request.GET):
            return ComparisonView.as_view()(request)
        if "embed" in request.GET and not isinstance(self, EmbeddedListView):
            return EmbeddedListView.as_view()(request)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        day = Day(self.request.GET.get("on", ""), localdate())
        on = day.on
        partner_filter = PartnerFilter(self.request.GET, University.objects.filter(is_listed=True), on=on)
        set_parameters(self.request, partner_filter.data)
        found = partner_filter.qs
        count_by_country = partner_filter.count_by_country()
        count = {"universities": sum(count_by_country.values()), "countries": len(count_by_country)}
        page = _paginate(found, count["universities"], self.request.GET.get("page"))
        shortlist = Shortlist(partner_filter.data, on)
        page.object_list = build_rows(page.object_list, partner_filter.whole, day, shortlist)
        choices, made = facets(partner_filter), list(active_filters(partner_filter))
        return super().get_context_data(
            filter=partner_filter,
            facets=choices,
            panels=SimpleLazyObject(lambda: list(CountryMap(partner_filter, choices["country"]).panels())),
            made=made,
            day=day,
            file_formats=FILE_FORMATS,
            on=on,
            fits_on_paper=count["universities"] <= PRINT_MAX,
            relaxation_suggestions=[] if page.object_list else relaxation_suggestions(partner_filter, made),
            count=count,
            page=page,
            has_in_process=any(each.is_in_process for partner in page.object_list for each in partner.agreements),
            shortlist=shortlist,
            **kwargs,
        )

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        response.is_kept = context["filter"].is_cacheable and self._is_near(context["page"])
        if context["shortlist"].slugs:
            add_never_cache_headers(response)
        return response

    def _is_near(self, page):
        """Whether it is one of the first pages, called by its number."""
        is_named = self.request.GET.get("page", "1") == str(page.number)
        return is_named and page.number <= CACHED_PAGES and bool(page.object_list)


def _paginate(universities, count, number):
    on_one_page = PRINT_MAX if number == "all" else SINGLE_PAGE_MAX
    paginator = Paginator(universities, on_one_page if count <= on_one_page else PAGE_SIZE)
    paginator.count = count
    return paginator.get_page(number)


class EmbeddedListView(PartnerListView):
    """The list within a page of another site, as far as the office allows that site to show it."""

    template_name = "partners/embedded.html"

    def get_context_data(self, **kwargs):
        asked = self.request.GET.get("columns", "country,type").split(",")
        shown = {f"show_{name}": name in asked for name in COLUMNS}
        return super().get_context_data(**kwargs) | {"columns": asked, "fits_on_paper": False} | shown

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        are_few = set(context["columns"]) <= COLUMNS and len(context["columns"]) <= len(COLUMNS)
        response.is_kept &= are_few and self.request.GET["embed"] == "1"
        if settings.EMBED_ALLOWED_ORIGINS:
            response.xframe_options_exempt = True
            response[HEADER] = build_policy(replace={"frame-ancestors": settings.EMBED_ALLOWED_ORIGINS})
        return response


class ComparisonView(TemplateView):
    template_name = "partners/comparison.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(shortlist=Shortlist(self.request.GET, localdate()), **kwargs)

    def render_to_response(self, context, **kwargs):
        """There is no end of shortlists, so that none is worth keeping."""
        response = super().render_to_response(context, **kwargs)
        add_never_cache_headers(response)
        return response


class UniversityView(DetailView):
    template_name = "partners/university.html"
    context_object_name = "university"

    def get(self, request, *args, slug):
        try:
            return super().get(request, *args, slug=slug)
        except Http404:
            return self._moved(slug)

    def _moved(self, slug):
        """An address that a university once had leads to the one it has now, which may be an old one again."""
        moved = University.objects.public(localdate()).by_former_slugs(slug)
        if not moved:
            raise Http404
        response = redirect(moved[slug], permanent=True)
        add_never_cache_headers(response)
        return response

    def get_queryset(self):
        return University.objects.select_related("country")

    def get_object(self, queryset=None):
        """The office sees the page of a university that is not public too, and that it is not."""
        university = super().get_object(queryset)
        self.is_public = University.objects.public(localdate()).filter(pk=university.pk).exists()
        if not self.is_public and not self._is_seen_by_the_office():
            raise Http404
        return university

    def _is_seen_by_the_office(self):
        return is_office(self.request) and self.request.user.has_perm("partners.view_university")

    def get_context_data(self, **kwargs):
        on = localdate()
        others, others_count = other_partners_in_country(self.object, on)
        shortlist = Shortlist(self.request.GET, on)
        return super().get_context_data(
            offers=public_agreements([self.object.pk], on)[self.object.pk],
            is_public=self.is_public,
            last_change=last_modified(self.object),
            others=others,
            others_count=others_count,
            shortlist=shortlist,
            star=shortlist.toggled(self.object.slug),
            **kwargs,
        )

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        if context["shortlist"].slugs or not self.is_public:
            add_never_cache_headers(response)
        return response


class ReportView(FormView):
    """Outside of the page that it is about, which so can be kept for everybody."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "partners/report.html"
    form_class = ReportForm

    def dispatch(self, request, *args, slug):
        public = University.objects.public(localdate()).select_related("country")
        self.university = get_object_or_404(public if settings.OFFICE_EMAIL else public.none(), slug=slug)
        return super().dispatch(request, *args, slug=slug)

    def get_context_data(self, **kwargs):
        opened = renew_opened(self.request.POST.get("opened", ""))
        return super().get_context_data(university=self.university, opened=opened, **kwargs)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"label_suffix": ""}

    def form_valid(self, form):
        values = form.cleaned_data
        if not check_rate_limit(client_network(self.request)):
            return self._refused(form, _("There have been many reports in the last hour. Please try again later."))
        try:
            send_report(self.university, self._address(), values["message"], values["email"])
        except OSError:
            words = _("Mail does not work at the moment. Please write to %(address)s.")
            return self._refused(form, words % {"address": settings.OFFICE_EMAIL})
        return redirect("reported", self.university.slug)

    def _address(self):
        return self.request.build_absolute_uri(self.university.get_absolute_url())

    def _refused(self, form, words):
        form.add_error(None, words)
        return self.form_invalid(form)


class ReportSentView(ReportView):
    template_name = "partners/reported.html"
    http_method_names = ["get", "head", "options"]
