"""Authentication backend of users who sign in by OpenID Connect."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

OIDC_BACKEND = "partners.accounts.backends.OIDCBackend"


class OIDCBackend(ModelBackend):
    """Backend for permissions only: the OIDC callback logs users in."""

    def authenticate(self, request, **credentials):
        return None


def uses_oidc(user):
    """Return whether the university's provider sets the user's name, email address and password."""
    return bool(settings.OIDC_ISSUER) and not user.is_superuser and hasattr(user, "oidc_identity")
