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

from partners.logins.backends import SIGNED_ON_BY_UNIVERSITY
from partners.logins.events import tell
from partners.logins.going_on import going_on
from partners.logins.sessions import CONFIRMED

A_WHILE = 15 * 60


def has_confirmed(request):
    return time() - request.session.get(CONFIRMED, 0) < A_WHILE


def ask_to_confirm(request):
    return redirect(f"{reverse('admin:confirm')}?{urlencode({'next': request.get_full_path()})}")


def confirmed_first(view):
    """The page, once somebody has confirmed. Who has not signed in is the page's own matter."""

    @wraps(view)
    def asked(request, *args, **kwargs):
        if request.user.is_authenticated and not has_confirmed(request):
            return ask_to_confirm(request)
        return view(request, *args, **kwargs)

    return asked


def is_own_password(request, password):
    """Counted with those of signing in."""
    return authenticate(request, username=request.user.get_username(), password=password) == request.user


class PasswordForm(forms.Form):
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


def is_signed_on(request):
    return request.session[BACKEND_SESSION_KEY] == SIGNED_ON_BY_UNIVERSITY


def confirmed(request):
    request.session[CONFIRMED] = time()
    request.session.cycle_key()
    tell("confirmed", request.user, request)
    return redirect(going_on(request, request.GET.get("next", ""), "admin:index"))
