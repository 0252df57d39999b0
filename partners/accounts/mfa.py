"""A code from an app on the phone, besides the password.

Who has given the password and owes the code is marked in the session. Until the code is given,
the office is closed to them, but for the pages here.
"""

from base64 import b32encode

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import BadRequest, ValidationError
from django.dispatch import receiver
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from django_otp import verify_token
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.accounts import session_backend
from partners.accounts.access import MFA_PENDING
from partners.accounts.models import RecoveryCodeDevice
from partners.accounts.reauthentication import (
    ReauthenticationForm,
    complete_reauthentication,
    is_oidc_session,
    recently_authenticated,
    redirect_to_reauthenticate,
)
from partners.accounts.redirects import safe_next_url
from partners.accounts.security_log import log_event


@receiver(user_logged_in)
def require_mfa(sender, request, user, **kwargs):
    """A university that signs somebody on asks for what it wants itself."""
    if not is_oidc_session(request) and (settings.SECOND_FACTOR_REQUIRED or totp_device_for(user)):
        request.session[MFA_PENDING] = True


def totp_device_for(user, confirmed=True):
    return TOTPDevice.objects.filter(user=user, confirmed=confirmed).first()


def mfa_devices_for(user):
    """What the codes of a person are held against."""
    return [*TOTPDevice.objects.filter(user=user, confirmed=True)[:1], *RecoveryCodeDevice.objects.filter(user=user)]


def remove_mfa(user):
    for devices in (TOTPDevice, RecoveryCodeDevice):
        devices.objects.filter(user=user).delete()


class MFACodeForm(forms.Form):
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


class PartiallyAuthenticatedView(View):
    """A page for those who have signed in, be it without the code."""

    site = None

    def dispatch(self, request, *args, **kwargs):
        if not self.site.is_password_authenticated(request):
            return redirect("admin:login")
        return super().dispatch(request, *args, **kwargs)

    def page(self, name, **context):
        context = self.site.each_context(self.request) | context
        return TemplateResponse(self.request, f"admin/accounts/{name}.html", context)


class MFAVerifyView(PartiallyAuthenticatedView):
    """Asks for the code. ``next`` in the address is where to go on."""

    def get(self, request):
        if MFA_PENDING not in request.session:
            return redirect("admin:index")
        if not totp_device_for(request.user):
            return redirect("admin:second_factor")
        return self.page("code", title=_("Second factor"), form=MFACodeForm(devices=()))

    def post(self, request):
        form = MFACodeForm(request.POST, devices=mfa_devices_for(request.user))
        if not form.is_valid():
            log_event("wrong code", request.user, request)
            return self.page("code", title=_("Second factor"), form=form)
        request.session.pop(MFA_PENDING, None)
        request.session.cycle_key()
        log_event("right code", request.user, request)
        return redirect(safe_next_url(request, request.GET.get("next", ""), "admin:index"))


class ReauthenticateView(PartiallyAuthenticatedView):
    """Asks for everything again that signing in asks for. ``next`` in the address is where to go on."""

    def get(self, request):
        return self.answer(ReauthenticationForm(request=request), MFACodeForm(devices=()))

    def post(self, request):
        given = ReauthenticationForm(request.POST, request=request)
        code = MFACodeForm(request.POST, devices=mfa_devices_for(request.user))
        if given.is_valid() and (not totp_device_for(request.user) or code.is_valid()):
            return complete_reauthentication(request)
        log_event("not confirmed", request.user, request)
        return self.answer(given, code)

    def answer(self, given, code):
        forms = [given, code] if totp_device_for(self.request.user) else [given]
        context = {"forms": forms, "is_oidc_session": is_oidc_session(self.request)}
        return self.page("confirm", title=_("Is it you?"), next=self.request.GET.get("next", ""), **context)


class MFASetupView(PartiallyAuthenticatedView):
    """Sets one's second factor up, makes recovery codes, and turns it off."""

    def dispatch(self, request, *args, **kwargs):
        if MFA_PENDING in request.session and totp_device_for(request.user):
            return redirect("admin:code")
        if self.site.is_password_authenticated(request) and not recently_authenticated(request):
            return redirect_to_reauthenticate(request)
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
        app = totp_device_for(self.request.user, confirmed=False)
        form = MFACodeForm(self.request.POST, devices=[*filter(None, [app])])
        if not form.is_valid():
            return self.answer(form=form)
        TOTPDevice.objects.filter(pk=app.pk).update(confirmed=True)
        self.request.session.pop(MFA_PENDING, None)
        self.changed("second factor on")
        return self.codes()

    def codes(self):
        """New ones, which are shown this once. Only who has the app gets any."""
        if not totp_device_for(self.request.user):
            return self.answer()
        log_event("recovery codes made", self.request.user, self.request)
        return self.answer(codes=RecoveryCodeDevice.make(self.request.user))

    def changed(self, event):
        """Whoever is in elsewhere came in by what is no longer enough, or no longer asked for."""
        session_backend.other_sessions(self.request).delete()
        log_event(event, self.request.user, self.request)

    def off(self):
        remove_mfa(self.request.user)
        self.changed("second factor off")
        messages.success(self.request, _("Your second factor is off."))
        return redirect("admin:second_factor")

    def answer(self, **context):
        user = self.request.user
        app, beginning = totp_device_for(user), totp_device_for(user, confirmed=False)
        left = sum(len(each.hashes) for each in RecoveryCodeDevice.objects.filter(user=user))
        context = {"app": app, "codes_left": left, "form": MFACodeForm(devices=())} | context
        if beginning and not app:
            context |= {"picture": qr_code_svg(beginning), "key": formatted_secret(beginning)}
        context |= {"is_required": settings.SECOND_FACTOR_REQUIRED, "is_owed": MFA_PENDING in self.request.session}
        return self.page("second_factor", title=_("Second factor"), **context)


def qr_code_svg(app):
    """What the app scans. Black on white in any scheme, as cameras want it."""
    code = segno.make(app.config_url, error="m")
    return mark_safe(code.svg_inline(scale=5, border=4, light="#fff", title=_("QR code for the app")))  # noqa: S308


def formatted_secret(app):
    """What is typed into an app that cannot scan, in groups of four."""
    key = b32encode(app.bin_key).decode().rstrip("=")
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))
