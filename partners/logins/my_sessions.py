"""Where one is signed in, and how to end that."""

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.logins.confirming import ask_to_confirm, has_confirmed
from partners.logins.events import tell
from partners.logins.sessions import ADDRESS, BEGAN, BROWSER, SEEN, others

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
MACHINES = ["iPhone", "iPad", "Android", "Windows", "Mac OS X", "Linux"]
"""In the order in which they are looked for: browsers and machines say that they are others as well."""


class Place(NamedTuple):
    number: str
    browser: str
    address: str
    began: datetime
    seen: datetime
    is_this: bool


def my_sessions(request, site):
    if request.method == "POST":
        return end(request) if has_confirmed(request) else ask_to_confirm(request)
    every = request.user.sessions.filter(expire_date__gt=now())
    places = [place(session, request.session.session_key) for session in every]
    context = {"title": _("Where I am signed in"), "places": sorted(places, key=lambda each: each.seen, reverse=True)}
    return TemplateResponse(request, "admin/logins/my_sessions.html", site.each_context(request) | context)


def end(request):
    """The one that is named, or all but this one."""
    asked = request.POST.get("number", "")
    keys = [session.pk for session in others(request) if asked in {"", number_of(session.pk)}]
    ended = others(request).filter(pk__in=keys).delete()[0]
    tell("sessions ended", request.user, request, number=ended)
    told = ngettext("Signed out in %(n)s other place.", "Signed out in %(n)s other places.", ended) % {"n": ended}
    messages.success(request, told)
    return redirect("admin:my_sessions")


def place(session, this):
    told = session.get_decoded()
    moments = [datetime.fromtimestamp(told[name], UTC) for name in (BEGAN, SEEN)]
    browser, address = browser_in_words(told[BROWSER]), told[ADDRESS]
    return Place(number_of(session.pk), browser, address, *moments, is_this=session.pk == this)


def number_of(key):
    """A key opens the office, and so is on no page."""
    return sha256(key.encode()).hexdigest()[:16]


def browser_in_words(agent):
    browser = next((name for mark, name in BROWSERS.items() if re.search(rf"{mark}\w{{0,20}}/", agent)), _("A program"))
    machine = next((name for name in MACHINES if name in agent), None)
    return _("%(browser)s on %(machine)s") % {"browser": browser, "machine": machine} if machine else browser
