"""The manual within the office, and which chapter explains which screen."""

from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from partners.admin.manual import load_chapters, search_manual

SCREEN_CHAPTERS = {
    "index": "the-first-page",
    "app_list": "the-first-page",
    "first_step": "the-first-page",
    "search": "finding-anything",
    "statistics": "statistics",
    "change_log": "history",
    "deleted_objects": "history",
    "calendar_link": "your-own-calendar",
    "my_account": "your-own-account",
    "name_and_email": "your-own-account",
    "session_list": "signing-in-safely",
    "mfa_setup": "signing-in-safely",
    "password_change": "signing-in-safely",
    "reauthenticate": "signing-in-safely",
    "partners_university": "adding-a-university",
    "partners_university_changelist": "whether-students-see-a-university",
    "partners_university_change": "whether-students-see-a-university",
    "partners_university_import": "importing-a-list",
    "partners_university_process_import": "importing-a-list",
    "partners_university_export": "exporting-a-list",
    "partners_university_view": "saved-views",
    "partners_university_remove": "history",
    "partners_university_identify": "partners-and-the-directory",
    "partners_university_institutions": "partners-and-the-directory",
    "partners_agreement": "the-page-of-an-agreement",
    "partners_agreement_changelist": "the-list-of-agreements",
    "partners_agreement_edit": "many-agreements-at-once",
    "partners_agreement_dates": "many-agreements-at-once",
    "partners_agreement_export": "exporting-a-list",
    "partners_agreement_view": "saved-views",
    "partners_agreement_sign": "signing",
    "partners_agreement_renew": "renewing",
    "partners_agreement_end": "ends",
    "partners_agreement_remove": "history",
    "partners_document": "documents",
    "partners_document_remove": "history",
    "partners_mobility": "what-an-agreement-offers",
    "partners_run": "runs",
    "auth": "accounts-of-the-office",
    "partners_country": "the-offices-own-settings",
    "partners_agreementtype": "the-offices-own-settings",
    "partners_officesettings": "the-offices-own-settings",
    "partners_term": "the-offices-own-settings",
    "partners_applicationround": "the-offices-own-settings",
}
"""The chapter by the name of a URL, or by the beginning of the names of several."""


def help_url(url_name):
    """Return the URL of the chapter on the screen with this URL name, or of all chapters."""
    if url_name.endswith(("_history", "_undelete")):
        return reverse("admin:help_chapter", args=["history"])
    beginnings = [name for name in SCREEN_CHAPTERS if url_name == name or url_name.startswith(f"{name}_")]
    if not beginnings:
        return reverse("admin:help")
    return reverse("admin:help_chapter", args=[SCREEN_CHAPTERS[max(beginnings, key=len)]])


def help_view(request, site):
    query = request.GET.get("q", "").strip()
    context = site.each_context(request) | {
        "title": _("Help"),
        "query": query,
        "hits": search_manual(query),
        "chapters": load_chapters(),
    }
    return TemplateResponse(request, "admin/partners/help/index.html", context)


def help_chapter_view(request, chapter, site):
    chapters = load_chapters()
    position = next((index for index, entry in enumerate(chapters) if entry.slug == chapter), None)
    if position is None:
        raise Http404
    context = site.each_context(request) | {
        "title": chapters[position].title,
        "chapter": chapters[position],
        "previous": chapters[position - 1] if position else None,
        "next": chapters[position + 1] if position + 1 < len(chapters) else None,
    }
    return TemplateResponse(request, "admin/partners/help/chapter.html", context)
