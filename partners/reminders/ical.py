"""Agreements' ends as events of a calendar. Nothing in it depends on the moment, so that two can be compared."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Aggregate, Count, Max, Model, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from partners.models import Agreement, CalendarLink, University

NOTICE_PERIOD = timedelta(days=180)
"""Before an end: when its renewal has to be begun."""
RETENTION = timedelta(days=365)
"""After an end."""
REFRESH_INTERVAL = timedelta(hours=12)


def build_calendar(link: CalendarLink, on: date, site: str) -> bytes:
    """For a site at this address, which its links and its identifiers have in them."""
    made = Calendar()
    made.add("prodid", "-//Exchange Partners//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", _("Agreements, %s") % settings.OFFICE_NAME)
    made.add("refresh-interval", REFRESH_INTERVAL, {"value": "DURATION"})
    for agreement in agreements(link, on):
        for event in _events(agreement, link, site):
            made.add_component(event)
    return made.to_ical()


def agreements(link: CalendarLink, on: date) -> QuerySet:
    """The signed ones that end, with how often and when they and their universities have last changed."""
    found = Agreement.objects.signed().filter(valid_until__gte=on - RETENTION)
    if not link.include_all:
        found = found.filter(responsible=link.user_id)
    past = {
        "changes": _history(Agreement, "pk", Count("pk")),
        "changed": _history(Agreement, "pk", Max("history_date")),
        "name_changes": _history(University, "university_id", Count("pk")),
        "name_changed": _history(University, "university_id", Max("history_date")),
    }
    shown = ("university__country", "agreement_type")
    return found.with_renewal().annotate(**past).select_related(*shown).order_by("valid_until", "pk")


def _history(model: type[Model], pk: str, told: Aggregate) -> Subquery:
    records = model.history.filter(id=OuterRef(pk)).order_by().values("id")
    return Subquery(records.annotate(told=told).values("told"))


def _events(agreement: Agreement, link: CalendarLink, site: str) -> Iterator[Event]:
    name = f"{agreement.university}, {agreement.agreement_type}"
    if agreement.has_renewal:
        name = _("%s (renewal in process)") % name
    end = agreement.valid_until
    days = {"end": (end, _("Ends: %s") % name), "notice": (end - NOTICE_PERIOD, _("Ends in 180 days: %s") % name)}
    for kind, (day, summary) in days.items():
        event = Event()
        event.add("uid", f"agreement-{agreement.pk}-{kind}@{urlsplit(site).hostname}")
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", summary)
        event.add("location", str(agreement.university.country))
        event.add("url", site + reverse("admin:partners_agreement_change", args=[agreement.pk]))
        event.add("transp", "TRANSPARENT")
        event.add("sequence", (agreement.changes or 0) + (agreement.name_changes or 0))
        event.add("dtstamp", _changed(agreement, link))
        event.add("last-modified", _changed(agreement, link))
        yield event


def _changed(agreement: Agreement, link: CalendarLink) -> datetime:
    return max(filter(None, [agreement.changed, agreement.name_changed]), default=link.made_at)
