"""Private calendar feed links, one per user."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from partners.permissions import can_view_calendar


class CalendarLink(models.Model):
    """A user's calendar feed. Only the token's hash is stored, so that a copy of the database opens no calendar."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="calendar_link")
    token_hash = models.CharField(max_length=64, unique=True)
    include_all = models.BooleanField(_("all agreements, not only those that I am responsible for"), default=False)
    created_at = models.DateTimeField(default=now)

    def __str__(self):
        return str(self.user)

    @classmethod
    def issue_token(cls, user, include_all):
        """Create or replace the user's link and return its token, which cannot be read again later."""
        token = secrets.token_urlsafe(32)
        values = {"token_hash": _hash_token(token), "include_all": include_all, "created_at": now()}
        cls.objects.update_or_create(user=user, defaults=values)
        return token

    @classmethod
    def for_token(cls, token):
        """Return the link with this token if its user may still view agreements, otherwise None."""
        link = cls.objects.select_related("user").filter(token_hash=_hash_token(token)).first()
        return link if link and can_view_calendar(link.user) else None


def _hash_token(token):
    return hashlib.sha256(token.encode()).hexdigest()
