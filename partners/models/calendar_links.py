"""The private links by which people have their agreements' ends in their own calendars."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _


class CalendarLink(models.Model):
    """One for each person. The database knows its token by the hash alone, so that a copy of it opens no calendar."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="calendar_link")
    token_hash = models.CharField(max_length=64, unique=True)
    include_all = models.BooleanField(_("all agreements, not only those that I am responsible for"), default=False)
    made_at = models.DateTimeField(default=now)

    def __str__(self):
        return str(self.user)

    @classmethod
    def make(cls, user, include_all):
        """The token of a new link, which takes the place of the person's earlier one."""
        token = secrets.token_urlsafe(32)
        values = {"token_hash": _hash_token(token), "include_all": include_all, "made_at": now()}
        cls.objects.update_or_create(user=user, defaults=values)
        return token

    @classmethod
    def of(cls, token):
        """The link, as long as its person may still look at agreements."""
        link = cls.objects.select_related("user").filter(token_hash=_hash_token(token)).first()
        may_look = link and link.user.is_staff and link.user.has_perm("partners.view_agreement")
        return link if may_look else None


def _hash_token(token):
    return hashlib.sha256(token.encode()).hexdigest()
