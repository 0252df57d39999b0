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

from partners.accounts.throttling import get_client_ip

log = logging.getLogger("partners.security")


def log_event(event, user, request=None, **details):
    """Of a command there is no request, and so no address."""
    name = (user and user.get_username()) or "nobody"
    told = {"event": event, "user": name, "address": request and get_client_ip(request)} | details
    log.info(" ".join([event, *(f"{each}=%({each})r" for each in told if each != "event")]), told, extra=told)


@receiver(user_logged_in)
def log_login(sender, request, user, **kwargs):
    log_event("signed in", user, request, by=request.session[BACKEND_SESSION_KEY].rpartition(".")[2])


@receiver(user_logged_out)
def log_logout(sender, request, user, **kwargs):
    log_event("signed out", user, request)


@receiver(user_login_failed)
def log_login_failed(sender, credentials, request=None, **kwargs):
    log_event("not signed in", _existing_user(credentials.get("username")), request)


@receiver(user_locked_out)
def log_lockout(sender, request, username, **kwargs):
    log_event("has to wait", _existing_user(username), request)


@receiver(post_save, sender=LogEntry)
def log_account_change(sender, instance, **kwargs):
    """By a superuser, in the back office. What happens to the register is in its history."""
    if instance.content_type.app_label == "auth":
        told = {"action": instance.get_action_flag_display(), "kind": instance.content_type.model}
        log_event("account changed", instance.user, whose=instance.object_repr, **told)


def forbidden_log_middleware(get_response):
    def middleware(request):
        response = get_response(request)
        if response.status_code == 403:
            log_event("refused", getattr(request, "user", None), request, method=request.method, page=request.path)
        return response

    return middleware


def _existing_user(name):
    return User.objects.filter(username=name).first()
