"""Lockout after failed logins: django-axes with an additional limit per account, storing no submitted data."""

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Sum
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.shortcuts import render
from django.utils.crypto import salted_hmac


def get_lockout_username(request, credentials):
    """Return the username of an existing account, or else a hash: now and then a password is typed as the username."""
    username = (credentials or request.POST).get("username") or ""
    if get_user_model().objects.filter(username=username).exists():
        return username
    return "unknown " + salted_hmac(__name__, username, algorithm="sha256").hexdigest()[:32]


class LockoutHandler(AxesDatabaseHandler):
    def get_failures(self, request, credentials=None):
        """Return the failures from the client's network, or the limit if the account has reached its own."""
        attempts = AccessAttempt.objects.filter(
            username=get_client_username(request, credentials), attempt_time__gte=get_cool_off_threshold(request)
        )
        total = attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0
        if total >= settings.ACCOUNT_FAILURE_LIMIT:
            return settings.AXES_FAILURE_LIMIT
        return super().get_failures(request, credentials)


@receiver(pre_save, sender=AccessAttempt)
def clear_submitted_data(sender, instance, **kwargs):
    """Clear request data, which may contain secrets such as codes and is not needed for counting."""
    instance.get_data = instance.post_data = instance.http_accept = ""


def lockout_response(request, original_response, credentials):
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return render(request, "admin/accounts/lockout.html", {"minutes": minutes}, status=429)
