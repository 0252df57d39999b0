"""How long one stays signed in: a working day at most, and two hours without doing anything.

Django ends a session at a moment that is written into its row. It is put off while somebody works, once in
five minutes, so that not every page is a write, and never beyond the end of the day.
"""

from time import time

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.dispatch import receiver

from partners.accounts.throttling import get_client_ip

STARTED_AT, LAST_SEEN_AT, AUTHENTICATED_AT, USER_AGENT, ADDRESS = "began", "seen", "confirmed", "browser", "address"
TOUCH_INTERVAL = 5 * 60
MAX_USER_AGENT_LENGTH = 300


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls):
        from partners.accounts.models import UserSession

        return UserSession

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session


@receiver(user_logged_in)
def initialize_session(sender, request, user, **kwargs):
    request.session[USER_AGENT] = request.headers.get("User-Agent", "")[:MAX_USER_AGENT_LENGTH]
    request.session[ADDRESS] = get_client_ip(request)
    request.session[STARTED_AT] = request.session[AUTHENTICATED_AT] = time()
    extend_session(request.session)


def sliding_session_middleware(get_response):
    def middleware(request):
        if LAST_SEEN_AT in request.session and time() - request.session[LAST_SEEN_AT] >= TOUCH_INTERVAL:
            extend_session(request.session)
        return get_response(request)

    return middleware


def extend_session(session):
    session[LAST_SEEN_AT] = time()
    left_of_the_day = session[STARTED_AT] + settings.WORKING_DAY - session[LAST_SEEN_AT]
    session.set_expiry(max(1, min(settings.SESSION_COOKIE_AGE, int(left_of_the_day))))


def other_sessions(request):
    """The sessions of the same person in other browsers."""
    return request.user.sessions.exclude(session_key=request.session.session_key)
