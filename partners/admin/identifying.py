"""The page that suggests institutions for the universities that are not linked, and links those confirmed."""

from collections import Counter

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.admin.form_fields import parse_pk
from partners.institutions.identifying import identify
from partners.institutions.matching import suggest_institutions
from partners.models import Institution, University
from partners.permissions import can_change_universities

UNIVERSITIES_PER_PAGE = 150
CHOICE_PREFIX = "university-"
"""Prefix of the names of the radio buttons, before the pk of the university."""


def identify_view(request, site):
    """Display universities with suggestions. POST links the chosen institutions, unless one is chosen twice."""
    if not can_change_universities(request.user):
        raise PermissionDenied
    choices = {
        pk: ror_id
        for name, ror_id in request.POST.items()
        if name.startswith(CHOICE_PREFIX) and (pk := parse_pk(name.removeprefix(CHOICE_PREFIX))) is not None
    }
    counts = Counter(filter(None, choices.values()))
    chosen_twice = {ror_id for ror_id, count in counts.items() if count > 1}
    if request.method == "POST" and not chosen_twice:
        chosen = {pk: ror_id for pk, ror_id in choices.items() if ror_id}
        _add_messages(request, identify(chosen, request.user))
        return redirect(request.get_full_path())
    if chosen_twice:
        messages.error(request, _("Nothing was linked. Two universities have the same institution."))
    context = site.each_context(request) | _page_context(request.GET, choices) | {"chosen_twice": chosen_twice}
    return TemplateResponse(request, "admin/partners/institution/identify.html", context)


def _add_messages(request, result):
    for sentence in result.left:
        messages.warning(request, sentence)
    if result.run:
        count = len(result.linked)
        text = ngettext("%d university is linked.", "%d universities are linked.", count) % count
        url = reverse("admin:partners_run_change", args=[result.run.pk])
        messages.success(request, format_html('{} <a href="{}">{}</a>', text, url, _("See or undo this run")))
    elif not result.left:
        messages.info(request, _("Nothing is linked: nothing was chosen, or a colleague has linked it already."))


def _page_context(query, choices):
    """Return the context of a page of universities, with the choices posted in place of those made beforehand."""
    unlinked, code = University.objects.filter(institution=None), query.get("country", "")
    displayed = unlinked.filter(country__code=code) if code else unlinked
    displayed = displayed.select_related("country").in_alphabetical_order()
    page = Paginator(displayed, UNIVERSITIES_PER_PAGE).get_page(query.get("page"))
    suggestions = suggest_institutions(page)
    countries = unlinked.values_list("country__code", "country__name").annotate(Count("pk"))
    return {
        "title": _("Identify partners"),
        "opts": University._meta,
        "is_directory_loaded": Institution.objects.exists(),
        "page": page,
        "rows": [_row(university, suggestions.get(university.pk, ()), choices) for university in page],
        "countries": countries.order_by("country__name_key"),
        "country": code,
    }


def _row(university, suggestions, choices):
    """Return a university, its suggestions, and the ROR ID that is chosen; empty if none is."""
    preselected = next((suggestion.institution.pk for suggestion in suggestions if suggestion.is_preselected), "")
    return {
        "university": university,
        "name": f"{CHOICE_PREFIX}{university.pk}",
        "suggestions": suggestions,
        "chosen": choices.get(university.pk, preselected),
    }
