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

from partners.accounts.reauthentication import recently_authenticated, redirect_to_reauthenticate
from partners.accounts.security_log import log_event
from partners.accounts.session_backend import ADDRESS, LAST_SEEN_AT, STARTED_AT, USER_AGENT, other_sessions

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
PLATFORMS = ["iPhone", "iPad", "Android", "Windows", "Mac OS X", "Linux"]
"""In the order in which they are looked for: browsers and machines say that they are others as well."""


class SessionInfo(NamedTuple):
    number: str
    browser: str
    address: str
    began: datetime
    seen: datetime
    is_this: bool


def session_list(request, site):
    if request.method == "POST":
        return end_sessions(request) if recently_authenticated(request) else redirect_to_reauthenticate(request)
    every = request.user.sessions.filter(expire_date__gt=now())
    places = [session_info(session, request.session.session_key) for session in every]
    context = {"title": _("Where I am signed in"), "places": sorted(places, key=lambda each: each.seen, reverse=True)}
    return TemplateResponse(request, "admin/accounts/my_sessions.html", site.each_context(request) | context)


def end_sessions(request):
    """The one that is named, or all but this one."""
    asked = request.POST.get("number", "")
    keys = [session.pk for session in other_sessions(request) if asked in {"", public_id(session.pk)}]
    ended = other_sessions(request).filter(pk__in=keys).delete()[0]
    log_event("sessions ended", request.user, request, number=ended)
    told = ngettext("Signed out in %(n)s other place.", "Signed out in %(n)s other places.", ended) % {"n": ended}
    messages.success(request, told)
    return redirect("admin:my_sessions")


def session_info(session, this):
    told = session.get_decoded()
    moments = [datetime.fromtimestamp(told[name], UTC) for name in (STARTED_AT, LAST_SEEN_AT)]
    browser, address = describe_user_agent(told[USER_AGENT]), told[ADDRESS]
    return SessionInfo(public_id(session.pk), browser, address, *moments, is_this=session.pk == this)


def public_id(key):
    """A key opens the office, and so is on no page."""
    return sha256(key.encode()).hexdigest()[:16]


def describe_user_agent(agent):
    browser = next((name for mark, name in BROWSERS.items() if re.search(rf"{mark}\w{{0,20}}/", agent)), _("A program"))
    machine = next((name for name in PLATFORMS if name in agent), None)
    return _("%(browser)s on %(machine)s") % {"browser": browser, "machine": machine} if machine else browser
