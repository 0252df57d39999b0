"""The rounds in which students can apply, on pages and as calendar files."""

from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from partners.calendar_files import new_calendar, new_event
from partners.http import get_site_url
from partners.models import ApplicationRound, OfficeSettings
from partners.public.page_cache import cache_headers
from partners.querysets import IN_PROCESS


def rounds_of_cards(cards, rounds):
    """Return the rounds of all types, and those of the types of cards with an agreement that one can apply for."""
    signed = {card.type for card in cards if any(line.agreement.state != IN_PROCESS for line in card.lines)}
    if not signed:
        return []
    return [row for row in rounds if not row.agreement_types.all() or signed.intersection(row.agreement_types.all())]


def round_calendar(request, pk):
    """Serve a calendar file with the last day on which one can apply."""
    row = get_object_or_404(ApplicationRound.objects.select_related("term").prefetch_related("agreement_types"), pk=pk)
    site_url, changed_at = get_site_url(request), row.history.latest().history_date
    uid = f"round-{row.pk}@{urlsplit(site_url).hostname}"
    summary = ", ".join(filter(None, [_("Last day to apply"), str(row), row.types_text]))
    event = new_event(uid, row.closes, summary, row.link or site_url + reverse("partners"))
    event.add("dtstamp", changed_at)
    calendar = new_calendar(OfficeSettings.objects.current().display_name)
    calendar.add_component(event)
    # Fresh within a minute after a save, as the pages with the same day are.
    headers = cache_headers() | {
        "Content-Disposition": f'inline; filename="apply-{row.closes}.ics"',
        "X-Robots-Tag": "noindex",
    }
    return HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8", headers=headers)
