"""Who the university has signed on keeps the permissions that the office's groups give."""

from django.contrib.auth.backends import ModelBackend

SIGNED_ON_BY_UNIVERSITY = "partners.logins.backends.UniversityBackend"


class UniversityBackend(ModelBackend):
    def authenticate(self, request, **credentials):
        """By password nobody gets in this way."""
