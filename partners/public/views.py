from urllib.parse import quote, urlencode

from csp.decorators import csp_replace
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, prefetch_related_objects
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt

from partners.models import ApplicationRound, University
from partners.permissions import can_preview_universities
from partners.public.agreements import (
    PUBLIC_MOBILITIES_PREFETCH,
    agreement_cards,
    build_badges,
    main_agreements,
    most_useful_first,
    public_agreements_prefetch,
)
from partners.public.application_rounds import rounds_of_cards
from partners.public.coverage import best_coverage, describe_coverage
from partners.public.downloads import FILE_FORMATS
from partners.public.facets import (
    active_filters,
    build_facets,
    describe_unrecorded,
    group_countries,
    list_title,
    relaxation_suggestions,
    union_options,
)
from partners.public.filters import EMBEDDED_THEMES, PartnerFilter
from partners.public.list_urls import FILTER_PARAMS, list_url
from partners.public.map import build_map
from partners.public.mobilities import summarize_offers
from partners.public.query_params import set_query_params
from partners.public.search_suggestions import correct, find_alternative, find_neighbors
from partners.public.sections import UNRECORDED, build_sections
from partners.public.shortlist import Shortlist, is_comparison
from partners.public.terms import find_term
from partners.public.university_details import find_key_facts, is_bare, other_partners_in_country, student_links
from partners.querysets import IN_PROCESS

SINGLE_PAGE_MAX = 250
"""Longest list that is shown on one page; a longer one has pages of PAGE_SIZE universities."""
PAGE_SIZE = 50
MAX_ROUNDS = 3
"""Rounds above the list, the next to close."""
PRINT_MAX = 1_000
"""Longest list that can be printed as one page."""


def partner_list(request):
    """Show the list, the list for an iframe (``embed``), or the comparison of a shortlist (``pick`` alone)."""
    if is_comparison(request.GET):
        return comparison(request)
    if "embed" not in request.GET:
        return render_list(request, "partners/list.html")
    view = render_list
    if settings.EMBED_ALLOWED_ORIGINS:
        view = xframe_options_exempt(csp_replace({"frame-ancestors": settings.EMBED_ALLOWED_ORIGINS})(view))
    return view(request, "partners/embedded.html")


def render_list(request, template):
    context = list_context(request)
    response = render(request, template, context)
    # Shortlists and unknown values are endless.
    if context["shortlist"].slugs or context["filter"].invalid_values:
        add_never_cache_headers(response)
    # The address that htmx shows, with what was chosen in the order of the links.
    response["HX-Push-Url"] = request.path + list_url(context["filter"].params).removesuffix("?")
    return response


def list_context(request):
    partner_filter = PartnerFilter(request.GET, localdate())
    params, on = partner_filter.params, partner_filter.on
    set_query_params(request, params)
    facets, selected = build_facets(partner_filter), active_filters(partner_filter)
    count_by_country = partner_filter.count_by_country()
    count = {"universities": sum(count_by_country.values()), "countries": len(count_by_country)}
    unrecorded_count = partner_filter.count_unrecorded()
    page = _paginate(build_sections(partner_filter, count["universities"], unrecorded_count), params.get("page"))
    _prepare_rows(page.object_list, partner_filter)
    context = {
        "filter": partner_filter,
        "facets": facets,
        "unions": union_options(facets),
        "country_groups": group_countries(facets),
        "unrecorded": describe_unrecorded(partner_filter, unrecorded_count),
        "filter_count": sum(active.name != "q" for active in selected),
        "panels": SimpleLazyObject(lambda: build_map(partner_filter, facets["country"])),
        "active_filters": selected,
        "alternative": find_alternative(partner_filter),
        "title": list_title(selected, count["universities"]),
        "canonical_query": _canonical_query(params, page.number, count["universities"]),
        "can_print_all": count["universities"] <= PRINT_MAX and "embed" not in params,
        "count": count,
        "page": page,
        "has_in_process": any(badge.state == IN_PROCESS for university in page for badge in university.badges),
        "shortlist": Shortlist(params, on),
        "rounds": ApplicationRound.objects.not_closed(on)[:MAX_ROUNDS],
        "today": on,
    }
    suggestions = {} if count["universities"] else _suggestions(partner_filter, selected, page.object_list)
    return context | _layout_context(params) | suggestions


def _layout_context(params):
    """Return what the list looks like, by its query parameters alone, and the URLs of the same list otherwise."""
    return {
        "shows_map": "view" in params,
        "is_embedded": "embed" in params,
        "theme": params.get("theme", EMBEDDED_THEMES[0]),
        "has_controls": "filters" not in params,
        "file_formats": FILE_FORMATS,
        "list_view_url": list_url(params, view=[]),
        "map_view_url": list_url(params, view=["map"], page=[]),
        "clear_url": list_url(params, page=[], **dict.fromkeys(FILTER_PARAMS, ())),
        "download_query": list_url(params, page=[], pick=[]).removesuffix("?"),
    }


def _suggestions(partner_filter, selected, rows):
    """Return the suggestions beside a list without matches. The query found its rows, which are in other sections."""
    query = "" if rows else partner_filter.query
    return {
        "suggestions": relaxation_suggestions(partner_filter, selected),
        "correction": correct(query, partner_filter.phrases) if query else None,
        "neighbors": find_neighbors(partner_filter) if query else None,
    }


def _canonical_query(params, page_number, count):
    """Return the query string by which search engines should index the list, or None if they should not.

    They should index the unfiltered list, page by page, and that of one country or term.
    """
    is_one_country = set(params) == {"country"} and len(params.getlist("country")) == 1
    if count and (is_one_country or set(params) == {"term"}):
        return list_url(params)
    if set(params) <= {"page"} and params.get("page") != "all":
        return f"?page={page_number}" if page_number > 1 else ""
    return None


def _paginate(universities, number):
    single_page_max = PRINT_MAX if number == "all" else SINGLE_PAGE_MAX
    page_size = single_page_max if len(universities) <= single_page_max else PAGE_SIZE
    return Paginator(universities, page_size).get_page(number)


def _prepare_rows(universities, partner_filter):
    """Set what the rows of the list show beside the universities' own fields."""
    on, term, selected = partner_filter.on, partner_filter.term, partner_filter.selected
    agreements = public_agreements_prefetch(on, partner_filter.wanted)
    prefetch_related_objects(universities, agreements, PUBLIC_MOBILITIES_PREFETCH)
    for university in universities:
        agreements = university.public_agreements
        university.badges = build_badges(agreements, on, selected)
        university.offer = summarize_offers(main_agreements(agreements, selected["type"], term))
        university.coverage_text = ""
        if term and university.section != UNRECORDED:
            coverage = best_coverage(agreements, term, selected["type"])
            university.coverage_text = "" if coverage.is_certain else describe_coverage(coverage)


@never_cache
def comparison(request):
    shortlist, term = Shortlist(request.GET, localdate()), find_term(request.GET, localdate())
    columns = shortlist.columns(term)
    share_url = request.build_absolute_uri(f"{reverse('partners')}{shortlist.picks_query}")
    names = [str(university) for university in shortlist.universities]
    context = {
        "shortlist": shortlist,
        "columns": columns,
        "term": term,
        "has_cities": any(university.city for university in shortlist.universities),
        "has_links": any(column.links for column in columns),
        "has_rounds": any(column.rounds for column in columns),
        "today": shortlist.on,
        "share_url": share_url,
        "mail_query": mail_query(_("My shortlist for an exchange"), "\r\n".join([*names, "", share_url])),
    }
    return render(request, "partners/comparison.html", context)


def mail_query(subject, body=""):
    """Return the query string of a mailto URL."""
    return urlencode({"subject": subject} | ({"body": body} if body else {}), quote_via=quote)


def university_page(request, slug):
    """Show a university; one that is not public only to staff, as a preview."""
    on = localdate()
    university = _find_university(slug, on)
    if not university or not (university.is_public or can_preview_universities(request)):
        return redirect_former_slug(slug, on)
    other_partners, other_partners_count = other_partners_in_country(university, on)
    shortlist, term = Shortlist(request.GET, on), find_term(request.GET, on)
    cards = most_useful_first(agreement_cards([university], on, term)[university.pk], shortlist.type_slug)
    context = {
        "university": university,
        "cards": cards,
        "key_facts": find_key_facts(cards, term),
        "term": term,
        "is_bare": is_bare(cards),
        "mail_query": mail_query(_("Exchange with %s") % university),
        "student_links": student_links(university),
        "other_partners": other_partners,
        "other_partners_count": other_partners_count,
        "shortlist": shortlist,
        "toggle_url": shortlist.page_toggle_url(slug),
        "rounds": rounds_of_cards(cards, ApplicationRound.objects.not_closed(on)),
        "today": on,
    }
    response = render(request, "partners/university.html", context)
    has_type = any(card.type and card.type.slug == shortlist.type_slug for card in cards)
    is_unknown = ("type" in request.GET and not has_type) or ("term" in request.GET and not term)
    if shortlist.slugs or not university.is_public or is_unknown:
        add_never_cache_headers(response)
    return response


def _find_university(slug, on):
    is_public = Exists(University.objects.public(on).filter(pk=OuterRef("pk")))
    universities = University.objects.with_last_change().select_related("country").annotate(is_public=is_public)
    return universities.filter(slug=slug).first()


def redirect_former_slug(slug, on):
    """Redirect to the public university that has the slug in lower case, or that had it, or raise Http404."""
    public = University.objects.public(on)
    university = public.filter(slug=slug.lower()).first() or public.by_former_slugs(slug).get(slug)
    if not university:
        raise Http404
    response = redirect(university, permanent=True)
    # A university may take a former slug again; a cached redirect would then lead in circles.
    add_never_cache_headers(response)
    return response
