"""Who would change what signing in rests on says once more who she is, unless she has just said so."""

from functools import wraps
from time import time
from urllib.parse import urlencode

from django import forms
from django.contrib.auth import BACKEND_SESSION_KEY, authenticate
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.accounts.backends import OIDC_BACKEND
from partners.accounts.redirects import safe_next_url
from partners.accounts.security_log import log_event
from partners.accounts.session_backend import AUTHENTICATED_AT

REAUTHENTICATION_MAX_AGE = 15 * 60


def recently_authenticated(request):
    return time() - request.session.get(AUTHENTICATED_AT, 0) < REAUTHENTICATION_MAX_AGE


def redirect_to_reauthenticate(request):
    return redirect(f"{reverse('admin:confirm')}?{urlencode({'next': request.get_full_path()})}")


def reauthentication_required(view):
    """The page, once somebody has confirmed. Who has not signed in is the page's own matter."""

    @wraps(view)
    def asked(request, *args, **kwargs):
        if request.user.is_authenticated and not recently_authenticated(request):
            return redirect_to_reauthenticate(request)
        return view(request, *args, **kwargs)

    return asked


def is_own_password(request, password):
    """Counted with those of signing in."""
    return authenticate(request, username=request.user.get_username(), password=password) == request.user


class ReauthenticationForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, *args, request, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self):
        password = self.cleaned_data["password"]
        if not is_own_password(self.request, password):
            raise ValidationError(_("This is not your password."))
        return password


def is_oidc_session(request):
    return request.session[BACKEND_SESSION_KEY] == OIDC_BACKEND


def complete_reauthentication(request):
    request.session[AUTHENTICATED_AT] = time()
    request.session.cycle_key()
    log_event("confirmed", request.user, request)
    return redirect(safe_next_url(request, request.GET.get("next", ""), "admin:index"))
