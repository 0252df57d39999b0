"""What signing in keeps. It is an app of its own: none of this is the register's, or moves its revision."""

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.crypto import get_random_string
from django_otp.models import Device, ThrottlingMixin


class UserSession(AbstractBaseSession):
    """Django's, which knows whose it is, so that it can be shown to her and ended."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions")

    @classmethod
    def get_session_store_class(cls):
        from partners.accounts.session_backend import SessionStore

        return SessionStore


class RecoveryCodeDevice(ThrottlingMixin, Device):
    """The codes that one has in a drawer, each of which opens once. A copy of the database opens nothing."""

    LETTERS, LENGTH, NUMBER = "abcdefghijkmnpqrstuvwxyz23456789", 8, 10

    hashes = models.JSONField(default=list)

    @classmethod
    def make(cls, user):
        """New ones, in the place of those before."""
        codes = [get_random_string(cls.LENGTH, cls.LETTERS) for _number in range(cls.NUMBER)]
        cls.objects.filter(user=user).delete()
        cls.objects.create(user=user, name="recovery codes", hashes=[make_password(code) for code in codes])
        return codes

    def get_throttle_factor(self):
        return 1

    def verify_token(self, token):
        """What has not the form of one, such as the app's, costs nothing and counts as no attempt."""
        if len(token) != self.LENGTH or not self.verify_is_allowed()[0]:
            return False
        used = next((each for each in self.hashes if check_password(token, each)), None)
        if used is None:
            self.throttle_increment()
            return False
        self.hashes.remove(used)
        self.throttle_reset(commit=False)
        self.save()
        return True


class OIDCIdentity(models.Model):
    """Who an account is at the university: names of users may be given to somebody else one day, this may not."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="university_identity")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint("issuer", "subject", name="one_account_for_one_person")]

    def __str__(self):
        return f"{self.user}: {self.subject}"


class RequestCount(models.Model):
    """The number of requests of one kind in one period, which all processes share.

    It is not in the cache, from which others' requests could drive it out.
    """

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.count} until {self.expires_at}"
