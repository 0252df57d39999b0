"""A code from an app on the phone, besides the password.

Who has given the password and owes the code is marked in the session. Until the code is given,
the office is closed to them, but for the pages here.
"""

from base64 import b32encode

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import BadRequest, ValidationError
from django.db import transaction
from django.dispatch import receiver
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.logins.backends import SIGNED_ON_BY_UNIVERSITY
from partners.logins.going_on import going_on

OWED = "owes_a_code"
RECOVERY_CODES = 10


@receiver(user_logged_in)
def ask_for_code(sender, request, user, **kwargs):
    """A university that signs somebody on asks for what it wants itself."""
    is_signed_on = request.session[BACKEND_SESSION_KEY] == SIGNED_ON_BY_UNIVERSITY
    if not is_signed_on and (settings.SECOND_FACTOR_REQUIRED or app_of(user)):
        request.session[OWED] = True


def app_of(user, confirmed=True):
    return TOTPDevice.objects.filter(user=user, confirmed=confirmed).first()


def forget(user):
    for devices in (TOTPDevice, StaticDevice):
        devices.objects.filter(user=user).delete()


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )

    def __init__(self, *args, devices, **kwargs):
        super().__init__(*args, **kwargs)
        self.devices = devices

    def clean_code(self):
        code = self.cleaned_data["code"].replace(" ", "").lower()
        if not any(verify_token(device.user, device.persistent_id, code) for device in self.devices):
            raise ValidationError(
                _(
                    "“%(code)s” is not what the app shows now, or was used before. "
                    "Wait a few seconds and type the next code."
                ),
                params={"code": self.cleaned_data["code"]},
            )
        return code


class PasswordGivenView(View):
    """A page for those who have signed in, be it without the code."""

    site = None

    def dispatch(self, request, *args, **kwargs):
        if not self.site.has_password_of(request):
            return redirect("admin:login")
        return super().dispatch(request, *args, **kwargs)

    def page(self, name, **context):
        context = self.site.each_context(self.request) | context
        return TemplateResponse(self.request, f"admin/logins/{name}.html", context)


class CodeView(PasswordGivenView):
    """Asks for the code. ``next`` in the address is where to go on."""

    def get(self, request):
        if OWED not in request.session:
            return redirect("admin:index")
        if not app_of(request.user):
            return redirect("admin:second_factor")
        return self.page("code", title=_("Second factor"), form=CodeForm(devices=()))

    def post(self, request):
        app = app_of(request.user)
        form = CodeForm(request.POST, devices=[*filter(None, [app]), *StaticDevice.objects.filter(user=request.user)])
        if not form.is_valid():
            return self.page("code", title=_("Second factor"), form=form)
        request.session.pop(OWED, None)
        request.session.cycle_key()
        return redirect(going_on(request, request.GET.get("next", ""), "admin:index"))


class SecondFactorView(PasswordGivenView):
    """Sets one's second factor up, makes recovery codes, and turns it off."""

    def dispatch(self, request, *args, **kwargs):
        if OWED in request.session and app_of(request.user):
            return redirect("admin:code")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self.answer()

    def post(self, request):
        steps = {"begin": self.begin, "confirm": self.confirm, "codes": self.codes, "off": self.off}
        step = steps.get(request.POST.get("step"))
        if not step:
            raise BadRequest
        return step()

    def begin(self):
        TOTPDevice.objects.get_or_create(user=self.request.user, defaults={"confirmed": False, "name": "app"})
        return redirect("admin:second_factor")

    def confirm(self):
        app = app_of(self.request.user, confirmed=False)
        form = CodeForm(self.request.POST, devices=[*filter(None, [app])])
        if not form.is_valid():
            return self.answer(form=form)
        TOTPDevice.objects.filter(pk=app.pk).update(confirmed=True)
        self.request.session.pop(OWED, None)
        return self.codes()

    def codes(self):
        """New ones, which are shown this once. Only who has the app gets any."""
        return self.answer(codes=recovery_codes(self.request.user)) if app_of(self.request.user) else self.answer()

    def off(self):
        forget(self.request.user)
        messages.success(self.request, _("Your second factor is off."))
        return redirect("admin:second_factor")

    def answer(self, **context):
        user = self.request.user
        app, beginning = app_of(user), app_of(user, confirmed=False)
        left = StaticToken.objects.filter(device__user=user).count()
        context = {"app": app, "codes_left": left, "form": CodeForm(devices=())} | context
        if beginning and not app:
            context |= {"picture": picture(beginning), "key": secret(beginning)}
        return self.page(
            "second_factor", title=_("Second factor"), is_required=settings.SECOND_FACTOR_REQUIRED, **context
        )


@transaction.atomic
def recovery_codes(user):
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [StaticToken.random_token() for _number in range(RECOVERY_CODES)]
    device.token_set.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def picture(app):
    """What the app scans. Black on white in any scheme, as cameras want it."""
    code = segno.make(app.config_url, error="m")
    return mark_safe(code.svg_inline(scale=5, border=4, light="#fff", title=_("QR code for the app")))  # noqa: S308


def secret(app):
    """What is typed into an app that cannot scan, in groups of four."""
    key = b32encode(app.bin_key).decode().rstrip("=")
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))
