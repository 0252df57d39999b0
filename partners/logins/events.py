"""What an administrator looks for after something has happened: who came in, who did not, and what was refused.

One line for each event, and no password, code or token in it. A name is told only if it is an account's:
what is typed in the place of a name now and then is a password.
"""

import logging

from axes.signals import user_locked_out
from django.contrib.admin.models import LogEntry
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver

from partners.logins.throttling import client_address

log = logging.getLogger("partners.security")


def tell(event, user, request=None, **details):
    """Of a command there is no request, and so no address."""
    name = (user and user.get_username()) or "nobody"
    told = {"event": event, "user": name, "address": request and client_address(request)} | details
    log.info(" ".join([event, *(f"{each}=%({each})r" for each in told if each != "event")]), told, extra=told)


@receiver(user_logged_in)
def signed_in(sender, request, user, **kwargs):
    tell("signed in", user, request, by=request.session[BACKEND_SESSION_KEY].rpartition(".")[2])


@receiver(user_logged_out)
def signed_out(sender, request, user, **kwargs):
    tell("signed out", user, request)


@receiver(user_login_failed)
def not_signed_in(sender, credentials, request=None, **kwargs):
    tell("not signed in", _account(credentials.get("username")), request)


@receiver(user_locked_out)
def has_to_wait(sender, request, username, **kwargs):
    tell("has to wait", _account(username), request)


@receiver(post_save, sender=LogEntry)
def account_changed(sender, instance, **kwargs):
    """By a superuser, in the back office. What happens to the register is in its history."""
    if instance.content_type.app_label == "auth":
        told = {"action": instance.get_action_flag_display(), "kind": instance.content_type.model}
        tell("account changed", instance.user, whose=instance.object_repr, **told)


def refusals(get_response):
    def middleware(request):
        response = get_response(request)
        if response.status_code == 403:
            tell("refused", getattr(request, "user", None), request, method=request.method, page=request.path)
        return response

    return middleware


def _account(name):
    return User.objects.filter(username=name).first()
