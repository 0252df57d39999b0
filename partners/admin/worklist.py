"""The worklist on the admin's front page: the most urgent items of each section, with a link to the full list.

An agreement that a signed one follows needs nothing more, and is in no section.
"""

from datetime import timedelta
from functools import partial
from operator import attrgetter

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.admin.deadlines import FAR, THRESHOLDS, describe_deadline, describe_due_day, describe_state
from partners.admin.filters import (
    CURRENT,
    CURRENT_STATES,
    FAILING,
    ME,
    NOT_RECORDED,
    NOT_RENEWED,
    WITHDRAWN,
    WITHOUT,
    ResponsibleFilter,
    agreement_changelist_url,
)
from partners.admin.first_steps import DOCUMENTS, ENDS, LABELS, build_first_steps
from partners.admin.object_history import can_view
from partners.models import Agreement, Document, OfficeSettings, University, WebsiteCheck
from partners.permissions import can_add_documents, can_change_agreements, can_change_office_settings
from partners.querysets import EXPIRED, IN_PROCESS, UNDATED_STATUSES

MAX_ITEMS = 5
RESPONSIBLE_PARAM = ResponsibleFilter.parameter_name


def build_worklist(request, site):
    """Return the context of the worklist's template, or None without the permission to view agreements.

    What is among the first steps, or was dismissed there, has no section.
    """
    if not can_view(site, request, Agreement):
        return None
    is_mine, today = request.GET.get(RESPONSIBLE_PARAM) == ME, localdate()
    agreements = Agreement.objects.filter(responsible=request.user) if is_mine else Agreement.objects.all()
    filters = {RESPONSIBLE_PARAM: ME} if is_mine else {}
    dismissed = OfficeSettings.objects.current().dismissed_steps
    steps = [] if is_mine else build_first_steps(request, site, today)
    without_section = {*dismissed, *(step.key for step in steps)}
    related = agreements.select_related("university", "agreement_type", "responsible")
    sections = [
        build(related, filters, today) | {"key": key} for key, build in SECTIONS.items() if key not in without_section
    ]
    if can_view(site, request, University):
        sections += _about_universities(agreements if is_mine else None)
    return {
        "first_steps": [step for step in steps if step.key not in dismissed],
        "dismissed_steps": [(key, label) for key, label in LABELS.items() if key in dismissed],
        "sections": sections,
        "is_mine": is_mine,
        "can_change": can_change_agreements(request.user),
        "can_add_documents": can_add_documents(request.user),
        "can_dismiss": can_change_office_settings(request.user),
        "return_url": request.get_full_path(),
    }


def _section(kind, title, queryset, url, describe, empty_message="", count=None):
    """Return the context of a section, which has the first rows of the queryset, each with its description.

    The kind selects the template, and the message is displayed without rows.
    """
    return {
        "kind": kind,
        "title": title,
        "url": url,
        "empty_message": empty_message,
        "rows": [(obj, describe(obj)) for obj in queryset[:MAX_ITEMS]],
        "count": queryset.count() if count is None else count,
    }


def _in_process(agreements, filters, on):
    longest_unchanged_first = F("last_changed_at").asc(nulls_first=True)
    due_first = F("due_on").asc(nulls_last=True), longest_unchanged_first, "pk"
    queryset = agreements.in_process().with_last_change().order_by(*due_first)
    url = agreement_changelist_url(status=IN_PROCESS, **filters)
    empty_message = _("No deal is waiting for a signature.")
    return _section("in_process", _("In process"), queryset, url, partial(_describe_work, on=on), empty_message)


def _describe_work(agreement, on):
    """Return by which day it is due, and how many days ago the agreement or one of its documents changed."""
    last_changed = "-"
    if agreement.last_changed_at:
        days = (on - localdate(agreement.last_changed_at)).days
        last_changed = ngettext("%d day ago", "%d days ago", days) % days if days else _("today")
    return {"due": describe_due_day(agreement.due_on, on), "last_changed": last_changed}


def _expiring(agreements, filters, on):
    expiring = agreements.expiring(on, FAR).not_followed()
    filters = filters | {"renewed": NOT_RENEWED}
    conditions = {str(days): Q(valid_until__lte=on + timedelta(days)) for days in THRESHOLDS}
    counts = expiring.aggregate(**{days: Count("pk", filter=condition) for days, condition in conditions.items()})
    breakdown = []
    for days in THRESHOLDS:
        label = ngettext("%(count)d within %(days)d day", "%(count)d within %(days)d days", days)
        label %= {"count": counts[str(days)], "days": days}
        breakdown.append((label, agreement_changelist_url(ends=days, **filters)))
    title, empty_message = _("Ending within %d days") % FAR, _("Nothing ends within %d days.") % FAR
    soonest_first = expiring.with_renewal().order_by("valid_until", "pk")
    url, describe = agreement_changelist_url(ends=FAR, **filters), partial(describe_deadline, on=on)
    return _section("expiry", title, soonest_first, url, describe, empty_message) | {"breakdown": breakdown}


def _expired(agreements, filters, on):
    queryset = agreements.expired(on).not_followed().with_renewal().order_by("-valid_until", "pk")
    url = agreement_changelist_url(status=EXPIRED, renewed=NOT_RENEWED, **filters)
    describe = partial(describe_deadline, on=on)
    return _section("expiry", _("Expired"), queryset, url, describe, _("Nothing has expired."))


def _end_not_recorded(agreements, filters, on):
    """Return the section of agreements whose end nobody entered, the newest first.

    None of them has been renewed, as it would overlap with its renewal.
    """
    queryset = agreements.end_not_recorded().order_by("-pk")
    url = agreement_changelist_url(ends=NOT_RECORDED, **filters)
    title, empty_message = _("End not recorded"), _("Every agreement has its last day, or is open-ended.")
    return _section("end_not_recorded", title, queryset, url, partial(describe_state, on=on), empty_message)


def _without_document(agreements, filters, on):
    """Return the section of agreements in force or upcoming without a document, the newest first.

    The query excludes the other states, and the count is a difference, because a query for signed agreements without
    a document makes the database fetch, look up and sort nearly the whole register for the first items.
    """
    not_current = Q(status__in=UNDATED_STATUSES) | Q(valid_until__lt=on)
    newest_first = agreements.exclude(not_current).not_followed().with_document()
    newest_first = newest_first.filter(has_document=False).order_by("-pk")
    current = agreements.in_states(on, *CURRENT_STATES).not_followed()
    documented = current.filter(pk__in=Document.objects.active().values("agreement"))
    url = agreement_changelist_url(status=CURRENT, document=WITHOUT, renewed=NOT_RENEWED, **filters)
    title, empty_message = _("Signed, without a document"), _("Every agreement in force or upcoming has its document.")
    describe, count = partial(describe_deadline, on=on), current.count() - documented.count()
    return _section("documents", title, newest_first, url, describe, empty_message, count)


SECTIONS = {
    "in-process": _in_process,
    "ending": _expiring,
    "expired": _expired,
    ENDS: _end_not_recorded,
    DOCUMENTS: _without_document,
}


def _about_universities(agreements):
    """Return the sections of universities; with agreements, only those of the agreements."""
    universities = University.objects.select_related("country").order_by("name_key", "pk")
    checks = WebsiteCheck.objects.reported().select_related("university").order_by("university__name_key", "pk")
    unlisted, withdrawn = universities.filter(is_listed=False), universities.filter(institution__is_withdrawn=True)
    if agreements is not None:
        ids = agreements.values("university")
        unlisted, withdrawn, checks = unlisted.filter(pk__in=ids), withdrawn.none(), checks.filter(university__in=ids)
    changelist, country = partial(reverse, "admin:partners_university_changelist"), attrgetter("country")
    unlisted_url, withdrawn_url = changelist(query={"is_listed__exact": 0}), changelist(query={"directory": WITHDRAWN})
    failing_url = changelist(query={"website": FAILING})
    title, empty_text = _("Kept off the public list"), _("No university is kept off the list.")
    sections = {
        "unlisted": _section("universities", title, unlisted, unlisted_url, country, empty_text),
        "directory": _section("universities", _("Withdrawn from the directory"), withdrawn, withdrawn_url, country),
        "websites": _section("websites", _("Websites to check"), checks, failing_url, attrgetter("moved_to")),
    }
    return [section | {"key": key} for key, section in sections.items() if key == "unlisted" or section["count"]]
