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

from partners.logins.throttling import client_address

BEGAN, SEEN, CONFIRMED, BROWSER, ADDRESS = "began", "seen", "confirmed", "browser", "address"
SELDOM = 5 * 60
LONGEST_BROWSER = 300


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls):
        from partners.logins.models import Session

        return Session

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session


@receiver(user_logged_in)
def begin(sender, request, user, **kwargs):
    request.session[BROWSER] = request.headers.get("User-Agent", "")[:LONGEST_BROWSER]
    request.session[ADDRESS] = client_address(request)
    request.session[BEGAN] = request.session[CONFIRMED] = time()
    put_off(request.session)


def while_somebody_works(get_response):
    def middleware(request):
        if SEEN in request.session and time() - request.session[SEEN] >= SELDOM:
            put_off(request.session)
        return get_response(request)

    return middleware


def put_off(session):
    session[SEEN] = time()
    left_of_the_day = session[BEGAN] + settings.WORKING_DAY - session[SEEN]
    session.set_expiry(max(1, min(settings.SESSION_COOKIE_AGE, int(left_of_the_day))))


def others(request):
    """The sessions of the same person in other browsers."""
    return request.user.sessions.exclude(session_key=request.session.session_key)
