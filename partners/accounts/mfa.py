"""Multi-factor authentication by TOTP codes, with recovery codes.

After the password, the session is marked with ``MFA_PENDING``; until a code is verified, only the views here are open.
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
from partners.permissions import MFA_PENDING


@receiver(user_logged_in)
def require_mfa(sender, request, user, **kwargs):
    """Mark the session until a code is verified. OIDC sessions are exempt, as the provider has its own MFA policy."""
    if not is_oidc_session(request) and (settings.MFA_REQUIRED or totp_device_for(user)):
        request.session[MFA_PENDING] = True


def totp_device_for(user, confirmed=True):
    return TOTPDevice.objects.filter(user=user, confirmed=confirmed).first()


def mfa_devices_for(user):
    """Return the devices that may verify a code: the TOTP device and the recovery codes."""
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
    """Base view for users who have given the password, with or without the MFA code."""

    site = None

    def dispatch(self, request, *args, **kwargs):
        if not self.site.is_password_authenticated(request):
            return redirect("admin:login")
        return super().dispatch(request, *args, **kwargs)

    def render(self, template_name, **context):
        context = self.site.each_context(self.request) | context
        return TemplateResponse(self.request, template_name, context)


class MFAVerifyView(PartiallyAuthenticatedView):
    """Verify the code after the password, then redirect to the query parameter ``next``."""

    template_name = "admin/accounts/mfa_verify.html"

    def get(self, request):
        if MFA_PENDING not in request.session:
            return redirect("admin:index")
        if not totp_device_for(request.user):
            return redirect("admin:mfa_setup")
        return self.render(self.template_name, title=_("Second factor"), form=MFACodeForm(devices=()))

    def post(self, request):
        form = MFACodeForm(request.POST, devices=mfa_devices_for(request.user))
        if not form.is_valid():
            log_event("mfa_failed", request.user, request)
            return self.render(self.template_name, title=_("Second factor"), form=form)
        request.session.pop(MFA_PENDING, None)
        request.session.cycle_key()
        log_event("mfa_ok", request.user, request)
        return redirect(safe_next_url(request, request.GET.get("next", ""), "admin:index"))


class ReauthenticateView(PartiallyAuthenticatedView):
    """Verify password and code once more, then redirect to the query parameter ``next``."""

    def get(self, request):
        return self.render_forms(ReauthenticationForm(request=request), MFACodeForm(devices=()))

    def post(self, request):
        password_form = ReauthenticationForm(request.POST, request=request)
        code_form = MFACodeForm(request.POST, devices=mfa_devices_for(request.user))
        if password_form.is_valid() and (not totp_device_for(request.user) or code_form.is_valid()):
            return complete_reauthentication(request)
        log_event("reauthentication_failed", request.user, request)
        return self.render_forms(password_form, code_form)

    def render_forms(self, password_form, code_form):
        return self.render(
            "admin/accounts/reauthenticate.html",
            title=_("Is it you?"),
            next=self.request.GET.get("next", ""),
            forms=[password_form, code_form] if totp_device_for(self.request.user) else [password_form],
            is_oidc_session=is_oidc_session(self.request),
        )


class MFASetupView(PartiallyAuthenticatedView):
    """Enable and disable one's second factor, and generate recovery codes."""

    def dispatch(self, request, *args, **kwargs):
        if MFA_PENDING in request.session and totp_device_for(request.user):
            return redirect("admin:mfa_verify")
        if self.site.is_password_authenticated(request) and not recently_authenticated(request):
            return redirect_to_reauthenticate(request)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self.render_setup()

    def post(self, request):
        actions = {
            "start": self.start_enrolment,
            "confirm": self.confirm_enrolment,
            "regenerate_codes": self.regenerate_codes,
            "disable": self.disable,
        }
        action = actions.get(request.POST.get("action"))
        if not action:
            raise BadRequest
        return action()

    def start_enrolment(self):
        TOTPDevice.objects.get_or_create(user=self.request.user, defaults={"confirmed": False, "name": "app"})
        return redirect("admin:mfa_setup")

    def confirm_enrolment(self):
        device = totp_device_for(self.request.user, confirmed=False)
        form = MFACodeForm(self.request.POST, devices=[*filter(None, [device])])
        if not form.is_valid():
            return self.render_setup(form=form)
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        self.request.session.pop(MFA_PENDING, None)
        self.after_change("mfa_enabled")
        return self.regenerate_codes()

    def regenerate_codes(self):
        """Generate recovery codes, and show them this once. Without a confirmed device there are none."""
        if not totp_device_for(self.request.user):
            return self.render_setup()
        log_event("recovery_codes_generated", self.request.user, self.request)
        return self.render_setup(codes=RecoveryCodeDevice.generate(self.request.user))

    def after_change(self, event):
        """End the user's other sessions, which were authenticated by the earlier rules, and log the event."""
        session_backend.other_sessions(self.request).delete()
        self.request.session.cycle_key()
        log_event(event, self.request.user, self.request)

    def disable(self):
        remove_mfa(self.request.user)
        self.after_change("mfa_disabled")
        messages.success(self.request, _("Your second factor is off."))
        return redirect("admin:mfa_setup")

    def render_setup(self, **context):
        user = self.request.user
        device, unconfirmed_device = totp_device_for(user), totp_device_for(user, confirmed=False)
        context = {
            "device": device,
            "remaining_codes": sum(len(codes.code_hashes) for codes in RecoveryCodeDevice.objects.filter(user=user)),
            "form": MFACodeForm(devices=()),
            "is_required": settings.MFA_REQUIRED,
            "is_pending": MFA_PENDING in self.request.session,
        } | context
        if unconfirmed_device and not device:
            context |= {"qr_code": qr_code_svg(unconfirmed_device), "secret": formatted_secret(unconfirmed_device)}
        return self.render("admin/accounts/mfa_setup.html", title=_("Second factor"), **context)


def qr_code_svg(device):
    """Return the device's QR code, black on white in every color scheme, as cameras need the contrast."""
    code = segno.make(device.config_url, error="m")
    return mark_safe(code.svg_inline(scale=5, border=4, light="#fff", title=_("QR code for the app")))  # noqa: S308


def formatted_secret(device):
    """Return the secret in base32, in groups of four characters, for apps that cannot scan."""
    secret = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
