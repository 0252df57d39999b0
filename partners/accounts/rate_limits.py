"""Rate limits per period, shared by all processes of the site."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac
from django.utils.timezone import now

from partners.accounts.models import RequestCount


@dataclass(frozen=True)
class RateLimit:
    name: str
    maximum: int
    seconds: int
    """Length of a period. Periods are fixed windows, so that counts never have to be taken back."""

    def is_reached(self, subject=""):
        """Return whether the limit is used up, without counting a request."""
        return RequestCount.objects.filter(key=self._key(subject), count__gte=self.maximum).exists()

    def allows(self, subject=""):
        """Count a request, and return whether it is within the limit. Only a hash of the subject is stored."""
        key = self._key(subject)
        expires_at = now() + timedelta(seconds=self.seconds)
        with transaction.atomic():
            _, created = RequestCount.objects.get_or_create(key=key, defaults={"expires_at": expires_at})
            RequestCount.objects.filter(key=key).update(count=F("count") + 1)
            count = RequestCount.objects.values_list("count", flat=True).get(key=key)
        if created:
            RequestCount.objects.filter(expires_at__lt=now()).delete()
        return count <= self.maximum

    def _key(self, subject):
        period = int(now().timestamp()) // self.seconds
        return salted_hmac(__name__, f"{self.name} {period} {subject}", algorithm="sha256").hexdigest()
