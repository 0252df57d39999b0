"""List of one's sessions, and ending them."""

from datetime import UTC, datetime
from hashlib import sha256
from operator import itemgetter

from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ua_parser import parse as parse_user_agent

from partners.accounts.reauthentication import reauthentication_required
from partners.accounts.security_log import log_event
from partners.accounts.session_backend import CLIENT_IP, LAST_SEEN_AT, STARTED_AT, USER_AGENT, other_sessions


def session_list_view(request, site):
    if request.method == "POST":
        return end_sessions(request)
    sessions = []
    for session in request.user.sessions.filter(expire_date__gt=now()):
        data = session.get_decoded()
        row = {
            "public_id": public_id(session.pk),
            "browser": describe_user_agent(data[USER_AGENT]),
            "client_ip": data[CLIENT_IP],
            "started_at": datetime.fromtimestamp(data[STARTED_AT], UTC),
            "last_seen_at": datetime.fromtimestamp(data[LAST_SEEN_AT], UTC),
            "is_current": session.pk == request.session.session_key,
        }
        sessions.append(row)
    sessions.sort(key=itemgetter("last_seen_at"), reverse=True)
    context = site.each_context(request) | {"title": _("Where I am signed in"), "sessions": sessions}
    return TemplateResponse(request, "admin/accounts/session_list.html", context)


@reauthentication_required
def end_sessions(request):
    """End the other session with the posted public id, or all others."""
    selected = request.POST.get("session", "")
    keys = [session.pk for session in other_sessions(request) if selected in {"", public_id(session.pk)}]
    ended = other_sessions(request).filter(pk__in=keys).delete()[0]
    log_event("sessions_ended", request.user, request, count=ended)
    message = ngettext("Signed out in %(n)s other place.", "Signed out in %(n)s other places.", ended)
    messages.success(request, message % {"n": ended})
    return redirect("admin:session_list")


def public_id(session_key):
    """Return a hash that identifies a session on pages, where its key must not appear."""
    return sha256(session_key.encode()).hexdigest()[:16]


def describe_user_agent(user_agent):
    """Return browser and platform as far as they are known, such as "Firefox on Linux"."""
    parsed = parse_user_agent(user_agent)
    browser = parsed.user_agent.family if parsed.user_agent else _("A program")
    if not parsed.os:
        return browser
    return _("%(browser)s on %(platform)s") % {"browser": browser, "platform": parsed.os.family}
