"""Authentication backend of users who sign in by OpenID Connect."""

from django.contrib.auth.backends import ModelBackend

OIDC_BACKEND = "partners.accounts.backends.OIDCBackend"


class OIDCBackend(ModelBackend):
    """Backend for permissions only: the OIDC callback logs users in."""

    def authenticate(self, request, **credentials):
        return None
