"""Security log: logins, failed logins, refused requests and account changes, one line each.

No password, code or token is logged. A username is logged only if such an account exists, as now and then a password
is typed in its place.
"""

import logging

from axes.signals import user_locked_out
from django.contrib.admin.models import LogEntry
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver

from partners.http import get_client_ip

logger = logging.getLogger("partners.security")


def log_event(event, user, request=None, **details):
    """Log an event with its details. Management commands have no request, and so no client IP."""
    username = (user and user.get_username()) or "nobody"
    extra = {"event": event, "user": username, "client_ip": request and get_client_ip(request)} | details
    logger.info(" ".join([event, *(f"{key}=%({key})r" for key in extra if key != "event")]), extra, extra=extra)


@receiver(user_logged_in)
def log_login(sender, request, user, **kwargs):
    log_event("login", user, request, backend=request.session[BACKEND_SESSION_KEY].rpartition(".")[2])


@receiver(user_logged_out)
def log_logout(sender, request, user, **kwargs):
    log_event("logout", user, request)


@receiver(user_login_failed)
def log_login_failed(sender, credentials, request=None, **kwargs):
    log_event("login_failed", User.objects.filter(username=credentials.get("username")).first(), request)


@receiver(user_locked_out)
def log_lockout(sender, request, username, **kwargs):
    log_event("lockout", User.objects.filter(username=username).first(), request)


@receiver(post_save, sender=LogEntry)
def log_account_change(sender, instance, **kwargs):
    """Log changes that superusers make to users and groups. Those of the register are in its history."""
    if instance.content_type.app_label == "auth":
        details = {"action": instance.get_action_flag_display(), "model": instance.content_type.model}
        log_event("account_changed", instance.user, target=instance.object_repr, **details)


def forbidden_log_middleware(get_response):
    def middleware(request):
        response = get_response(request)
        if response.status_code == 403:
            log_event("forbidden", getattr(request, "user", None), request, method=request.method, path=request.path)
        return response

    return middleware
