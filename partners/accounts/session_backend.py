"""Sessions that end after inactivity (SESSION_COOKIE_AGE) and at an absolute age (SESSION_ABSOLUTE_AGE).

The expiry in a session's row is extended at most once per TOUCH_INTERVAL, so that not every page is a write.
"""

from time import time

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from partners.accounts.models import SessionStore  # noqa: F401 - the name that SESSION_ENGINE has to have
from partners.http import get_client_ip

STARTED_AT, LAST_SEEN_AT, AUTHENTICATED_AT = "started_at", "last_seen_at", "authenticated_at"
USER_AGENT, CLIENT_IP = "user_agent", "client_ip"
TOUCH_INTERVAL = 5 * 60
"""In seconds."""
MAX_USER_AGENT_LENGTH = 300


@receiver(user_logged_in)
def initialize_session(sender, request, user, **kwargs):
    request.session[USER_AGENT] = request.headers.get("User-Agent", "")[:MAX_USER_AGENT_LENGTH]
    request.session[CLIENT_IP] = get_client_ip(request)
    request.session[STARTED_AT] = request.session[AUTHENTICATED_AT] = time()
    extend_session(request.session)


def sliding_session_middleware(get_response):
    def middleware(request):
        # Without the first condition, responses to everybody would vary by cookie.
        is_known = request.session.session_key and LAST_SEEN_AT in request.session
        if is_known and time() - request.session[LAST_SEEN_AT] >= TOUCH_INTERVAL:
            extend_session(request.session)
        return get_response(request)

    return middleware


def extend_session(session):
    session[LAST_SEEN_AT] = time()
    remaining = session[STARTED_AT] + settings.SESSION_ABSOLUTE_AGE - session[LAST_SEEN_AT]
    session.set_expiry(max(1, min(settings.SESSION_COOKIE_AGE, int(remaining))))


def other_sessions(request):
    """Return the user's sessions but for the current one."""
    return request.user.sessions.exclude(session_key=request.session.session_key)
