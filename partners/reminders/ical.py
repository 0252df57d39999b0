"""Calendar feed of agreements' first and last days, and of the days by which they should be done.

It does not depend on the current time, so that its ETag is stable.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

from django.db.models import Aggregate, Count, Max, Model, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Event

from partners.calendar_files import new_calendar, new_event
from partners.enums import AgreementStatus
from partners.models import Agreement, CalendarLink, OfficeSettings, University

# Before an end, when its renewal has to begin.
NOTICE_PERIOD = timedelta(days=180)
# After a day, until its events disappear.
RETENTION = timedelta(days=365)
# A hint to calendar programs.
REFRESH_INTERVAL = timedelta(hours=12)


def build_calendar(link: CalendarLink, on: date, site_url: str) -> bytes:
    """Return the iCalendar file. ``site_url`` is part of its links and event ids."""
    calendar = new_calendar(_("Agreements, %s") % OfficeSettings.objects.current().display_name)
    calendar.add("refresh-interval", REFRESH_INTERVAL, {"value": "DURATION"})
    since = on - RETENTION
    for agreement in get_agreements(link, since):
        for event in _events(agreement, link, since, site_url):
            calendar.add_component(event)
    return calendar.to_ical()


def get_agreements(link: CalendarLink, since: date) -> QuerySet:
    """Return agreements with events, annotated with number and date of their and their university's changes.

    Signed ones that another follows have none.
    """
    begins_or_ends = Q(valid_from__gte=since) | Q(valid_until__gte=since)
    signed = Q(begins_or_ends, status=AgreementStatus.SIGNED, successor_start=None)
    in_process = Q(status=AgreementStatus.IN_PROCESS, due_on__gte=since)
    agreements = Agreement.objects.with_successor().filter(signed | in_process)
    if not link.include_all:
        agreements = agreements.filter(responsible=link.user_id)
    changes = {
        "change_count": _aggregate_history(Agreement, "pk", Count("pk")),
        "changed_at": _aggregate_history(Agreement, "pk", Max("history_date")),
        "university_change_count": _aggregate_history(University, "university_id", Count("pk")),
        "university_changed_at": _aggregate_history(University, "university_id", Max("history_date")),
    }
    related = ("university__country", "agreement_type")
    return agreements.with_renewal().annotate(**changes).select_related(*related).order_by("pk")


def _aggregate_history(model: type[Model], pk: str, aggregate: Aggregate) -> Subquery:
    records = model.history.filter(id=OuterRef(pk)).order_by().values("id")
    return Subquery(records.annotate(result=aggregate).values("result"))


def _events(agreement: Agreement, link: CalendarLink, since: date, site_url: str) -> Iterator[Event]:
    name = f"{agreement.university}, {agreement.title}"
    if agreement.has_renewal:
        name = _("%s (renewal in process)") % name
    changed_at = [time for time in (agreement.changed_at, agreement.university_changed_at) if time]
    last_modified = max(changed_at, default=link.created_at)
    for kind, summary, day in _dates(agreement, since):
        uid = f"agreement-{agreement.pk}-{kind}@{urlsplit(site_url).hostname}"
        url = site_url + reverse("admin:partners_agreement_change", args=[agreement.pk])
        event = new_event(uid, day, summary % name, url)
        event.add("location", str(agreement.university.country))
        event.add("sequence", (agreement.change_count or 0) + (agreement.university_change_count or 0))
        event.add("dtstamp", last_modified)
        event.add("last-modified", last_modified)
        yield event


def _dates(agreement: Agreement, since: date) -> Iterator[tuple[str, str, date]]:
    """Yield the events: the end of their ids, their summary with a place for the agreement's name, and their day."""
    if agreement.status == AgreementStatus.IN_PROCESS:
        yield "due", _("To be done: %s"), agreement.due_on
        return
    if agreement.valid_from and agreement.valid_from >= since:
        yield "start", _("Begins: %s"), agreement.valid_from
    if agreement.valid_until:
        yield "end", _("Ends: %s"), agreement.valid_until
        yield "notice", _("Ends in 180 days: %s"), agreement.valid_until - NOTICE_PERIOD
