"""Who the university has signed on keeps the permissions that the office's groups give."""

from django.contrib.auth.backends import ModelBackend

OIDC_BACKEND = "partners.accounts.backends.OIDCBackend"


class OIDCBackend(ModelBackend):
    def authenticate(self, request, **credentials):
        """By password nobody gets in this way."""
