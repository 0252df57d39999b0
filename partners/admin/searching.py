"""The search over the register on top of every page of the admin."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Model, QuerySet
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.deadlines import describe_state
from partners.admin.object_history import can_view
from partners.models import Agreement, Document, University
from partners.name_normalization import any_spelling_pattern, collapse_white_space, tokenize_query
from partners.querysets import NOTE_FIELDS

MAX_SUGGESTIONS, MAX_RESULTS = 5, 20
"""Results of each kind while one types, and on the page of results."""
EXCERPT_BEFORE, EXCERPT_LENGTH = 30, 110


@dataclass(frozen=True)
class SearchKind:
    title: str
    model: type[Model]
    find: Callable[[str], QuerySet]
    describe: Callable[[Model, str], tuple[str, str]]
    """Return the title and the details of an object, for a query."""
    parameter: str = "q"
    """The parameter of the changelist that finds the same."""

    def section(self, query, limit, has_count):
        """Return the context of the first results. Without a count, nothing is counted beyond them."""
        queryset, model_name = self.find(query), self.model._meta.model_name
        objects = list(queryset[: limit + 1])
        has_more, change = len(objects) > limit, f"admin:partners_{model_name}_change"
        return {
            "title": self.title,
            "results": [(*self.describe(obj, query), reverse(change, args=[obj.pk])) for obj in objects[:limit]],
            "count": queryset.count() if has_count and has_more else len(objects),
            "has_more": has_more,
            "url": reverse(f"admin:partners_{model_name}_changelist", query={self.parameter: query}),
        }


def describe_university(university, query):
    return university.name, ", ".join(filter(None, [university.city, str(university.country)]))


def describe_document(document, query):
    return document.name, str(document.agreement)


def describe_agreement(agreement, query):
    details = [describe_state(agreement, localdate()), agreement.reference_number]
    return f"{agreement.university}: {agreement.title}", ", ".join(str(text) for text in details if text)


def describe_note(agreement, query):
    """Return the title of the agreement, and the part of its notes that has the first word of the query."""
    notes = [collapse_white_space(getattr(agreement, name)) for name in NOTE_FIELDS]
    word_re = re.compile(any_spelling_pattern(tokenize_query(query)[0]))
    note, found = next((note, found) for note in notes if (found := word_re.search(note)))
    start = max(found.start() - EXCERPT_BEFORE, 0)
    excerpt = note[start : start + EXCERPT_LENGTH]
    edges = ["…" if start else "", "…" if start + EXCERPT_LENGTH < len(note) else ""]
    return f"{agreement.university}: {agreement.title}", excerpt.join(edges)


UNIVERSITIES = University.objects.select_related("country")
AGREEMENTS = Agreement.objects.select_related("university", "agreement_type").order_by("-pk")
DOCUMENTS = Document.objects.select_related("agreement__university", "agreement__agreement_type").order_by("-pk")
KINDS = [
    SearchKind(
        gettext_lazy("Universities"),
        University,
        lambda query: UNIVERSITIES.search(query).best_matches_first(query),
        describe_university,
    ),
    SearchKind(gettext_lazy("Agreements"), Agreement, AGREEMENTS.search, describe_agreement),
    SearchKind(gettext_lazy("Documents"), Document, DOCUMENTS.search, describe_document),
    SearchKind(gettext_lazy("Notes"), Agreement, AGREEMENTS.search_notes, describe_note, parameter="notes"),
]


def search_view(request, site, is_page=True):
    """Display the results of each kind that the user may view, on a page or as options of the search field."""
    query = collapse_white_space(request.GET.get("q", ""))
    kinds = [kind for kind in KINDS if tokenize_query(query) and can_view(site, request, kind.model)]
    limit = MAX_RESULTS if is_page else MAX_SUGGESTIONS
    sections = [kind.section(query, limit, has_count=is_page) for kind in kinds]
    context = {"search_query": query, "sections": [section for section in sections if section["results"]]}
    if not is_page:
        return TemplateResponse(request, "admin/partners/search/_suggestions.html", context)
    title = _("Results for “%s”") % query if query else _("Search")
    context |= site.each_context(request) | {"title": title}
    return TemplateResponse(request, "admin/partners/search/results.html", context)
