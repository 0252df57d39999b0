"""The counter of failed sign-ins: django-axes, with a limit for each account besides, and without what was typed."""

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Sum
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils.crypto import salted_hmac


def lockout_name(request, credentials):
    """Name an account, and hash any other name: in its place a password is typed now and then."""
    name = (credentials or request.POST).get("username") or ""
    if get_user_model().objects.filter(username=name).exists():
        return name
    return "unknown " + salted_hmac(__name__, name).hexdigest()[:32]


class LockoutHandler(AxesDatabaseHandler):
    def get_failures(self, request, credentials=None):
        """Count those of the client's network, or reach the limit when all networks together have reached theirs."""
        failures = super().get_failures(request, credentials)
        return settings.AXES_FAILURE_LIMIT if self._is_account_locked(request, credentials) else failures

    def _is_account_locked(self, request, credentials):
        attempts = AccessAttempt.objects.filter(
            username=get_client_username(request, credentials), attempt_time__gte=get_cool_off_threshold(request)
        )
        total = attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0
        return total >= settings.ACCOUNT_FAILURE_LIMIT


@receiver(pre_save, sender=AccessAttempt)
def store_no_form_data(sender, instance, **kwargs):
    """Counting needs none of what was sent, such as codes."""
    instance.get_data = instance.post_data = instance.http_accept = ""
