"""Recent authentication before security-sensitive account changes.

A wrong current password, also when it is to be changed, counts as a failed login.
"""

from functools import wraps
from time import time
from urllib.parse import urlencode

from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import BACKEND_SESSION_KEY, authenticate
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.accounts.backends import OIDC_BACKEND
from partners.accounts.security_log import log_event
from partners.accounts.session_backend import AUTHENTICATED_AT

REAUTHENTICATION_MAX_AGE = 15 * 60
"""In seconds."""


def recently_authenticated(request):
    return time() - request.session.get(AUTHENTICATED_AT, 0) < REAUTHENTICATION_MAX_AGE


def redirect_to_reauthenticate(request):
    return redirect(f"{reverse('admin:reauthenticate')}?{urlencode({'next': request.get_full_path()})}")


def reauthentication_required(view):
    """Decorate a view so that signed-in users reauthenticate first. Anonymous users are left to the view."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        if request.user.is_authenticated and not recently_authenticated(request):
            return redirect_to_reauthenticate(request)
        return view(request, *args, **kwargs)

    return wrapper


def is_own_password(request, password):
    """Return whether the password is the user's own. A wrong one counts as a failed login."""
    return authenticate(request, username=request.user.get_username(), password=password) == request.user


class RequestFormMixin:
    """Take the request as a keyword argument. Needs a form."""

    def __init__(self, *args, request, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request


class ReauthenticationForm(RequestFormMixin, forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def clean_password(self):
        password = self.cleaned_data["password"]
        if not is_own_password(self.request, password):
            raise ValidationError(_("This is not your password."))
        return password


class PasswordChangeForm(RequestFormMixin, AdminPasswordChangeForm):
    def clean_old_password(self):
        password = self.cleaned_data["old_password"]
        if not is_own_password(self.request, password):
            log_event("password_change_failed", self.user, self.request)
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password


def is_oidc_session(request):
    return request.session[BACKEND_SESSION_KEY] == OIDC_BACKEND
