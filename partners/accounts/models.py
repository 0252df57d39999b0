"""Models of authentication, in an app of their own so that writes to them do not change the register's data version."""

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin

from partners.groups import Role


class UserSession(AbstractBaseSession):
    """A session with its user, so that users can list and end their sessions."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions")

    @classmethod
    def get_session_store_class(cls):
        return SessionStore


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls):
        return UserSession

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def end_sessions_of_closed_account(sender, instance, **kwargs):
    """Delete the sessions of an inactive user, which would work again if the account were reopened."""
    if not instance.is_active:
        instance.sessions.all().delete()


class RecoveryCodeDevice(ThrottlingMixin, Device):
    """One-time recovery codes, of which only password hashes are stored."""

    ALPHABET, CODE_LENGTH, CODE_COUNT = "abcdefghijkmnpqrstuvwxyz23456789", 8, 10

    code_hashes = models.JSONField(default=list)

    @classmethod
    def generate(cls, user):
        """Replace the user's codes, and return the new ones in plain text."""
        codes = [get_random_string(cls.CODE_LENGTH, cls.ALPHABET) for _index in range(cls.CODE_COUNT)]
        cls.objects.filter(user=user).delete()
        cls.objects.create(user=user, name="recovery codes", code_hashes=[make_password(code) for code in codes])
        return codes

    def get_throttle_factor(self):
        return 1

    def verify_token(self, token):
        """Verify and use up a code. A token of another length, such as a TOTP code, does not count as an attempt."""
        if len(token) != self.CODE_LENGTH or not self.verify_is_allowed()[0]:
            return False
        used_hash = next((code_hash for code_hash in self.code_hashes if check_password(token, code_hash)), None)
        if used_hash is None:
            self.throttle_increment()
            return False
        self.code_hashes.remove(used_hash)
        self.throttle_reset(commit=False)
        self.save()
        return True


class OIDCIdentity(models.Model):
    """The OIDC issuer and subject of a user. Providers may reassign usernames, but never a subject."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="oidc_identity")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint("issuer", "subject", name="unique_oidc_identity")]

    def __str__(self):
        return f"{self.user}: {self.subject}"


class GroupRole(models.Model):
    """The role of a group, which stays when superusers rename the group."""

    group = models.OneToOneField("auth.Group", models.CASCADE, related_name="role")
    key = models.CharField(
        _("role"),
        max_length=20,
        unique=True,
        choices=Role.choices,
        error_messages={"unique": _("Another group has this role.")},
        help_text=_("Members of the university's groups for this role join this group at single sign-on."),
    )

    class Meta:
        default_permissions = ()
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self):
        return self.get_key_display()

    @property
    def description(self):
        return Role(self.key).description


class RequestCount(models.Model):
    """A number of requests for one rate limit, subject and period, shared by all processes.

    Not in the cache, which could evict it under load.
    """

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.count} until {self.expires_at}"
