"""Multi-factor authentication by TOTP codes, with recovery codes.

After the password, the session is marked with ``MFA_PENDING``; until a code is verified, only the views here are open.
"""

from base64 import b32encode
from time import time

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
from django_otp import verify_token
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.accounts.models import RecoveryCodeDevice
from partners.accounts.reauthentication import (
    ReauthenticationForm,
    is_oidc_session,
    recently_authenticated,
    redirect_to_reauthenticate,
)
from partners.accounts.security_log import log_event
from partners.accounts.session_backend import AUTHENTICATED_AT, other_sessions
from partners.http import safe_next_url
from partners.permissions import MFA_PENDING


@receiver(user_logged_in)
def require_mfa(sender, request, user, **kwargs):
    """Mark the session until a code is verified. OIDC sessions are exempt, as the provider has its own MFA policy."""
    if not is_oidc_session(request) and (settings.MFA_REQUIRED or totp_device_for(user)):
        request.session[MFA_PENDING] = True


def totp_device_for(user, confirmed=True):
    return TOTPDevice.objects.filter(user=user, confirmed=confirmed).first()


def remove_mfa(user):
    for devices in (TOTPDevice, RecoveryCodeDevice):
        devices.objects.filter(user=user).delete()


class MFACodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )

    def __init__(self, data=None, *, devices=()):
        super().__init__(data)
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


def bind_code_form(request):
    """Return the posted form, which accepts a code of the user's TOTP device or a recovery code."""
    devices = [*TOTPDevice.objects.filter(user=request.user, confirmed=True)[:1]]
    devices += RecoveryCodeDevice.objects.filter(user=request.user)
    return MFACodeForm(request.POST, devices=devices)


def mfa_verify_view(request, site):
    """Verify the code after the password, then redirect to the query parameter ``next``."""
    if not site.is_password_authenticated(request):
        return redirect("admin:login")
    form = MFACodeForm()
    if request.method == "POST":
        form = bind_code_form(request)
        if form.is_valid():
            request.session.pop(MFA_PENDING, None)
            request.session.cycle_key()
            log_event("mfa_ok", request.user, request)
            return redirect(safe_next_url(request, request.GET.get("next", ""), "admin:index"))
        log_event("mfa_failed", request.user, request)
    elif MFA_PENDING not in request.session:
        return redirect("admin:index")
    elif not totp_device_for(request.user):
        return redirect("admin:mfa_setup")
    context = site.each_context(request) | {"title": _("Second factor"), "form": form}
    return TemplateResponse(request, "admin/accounts/mfa_verify.html", context)


def reauthenticate_view(request, site):
    """Verify password and code once more, then redirect to the query parameter ``next``."""
    if not site.is_password_authenticated(request):
        return redirect("admin:login")
    has_mfa = totp_device_for(request.user) is not None
    password_form, code_form = ReauthenticationForm(request=request), MFACodeForm()
    if request.method == "POST":
        password_form, code_form = ReauthenticationForm(request.POST, request=request), bind_code_form(request)
        if password_form.is_valid() and (not has_mfa or code_form.is_valid()):
            request.session[AUTHENTICATED_AT] = time()
            request.session.cycle_key()
            log_event("reauthenticated", request.user, request)
            return redirect(safe_next_url(request, request.GET.get("next", ""), "admin:index"))
        log_event("reauthentication_failed", request.user, request)
    context = site.each_context(request) | {
        "title": _("Confirm that it is you"),
        "next": request.GET.get("next", ""),
        "forms": [password_form, code_form] if has_mfa else [password_form],
        "is_oidc_session": is_oidc_session(request),
    }
    return TemplateResponse(request, "admin/accounts/reauthenticate.html", context)


def mfa_setup_view(request, site):
    """Enable and disable one's second factor, and generate recovery codes."""
    if not site.is_password_authenticated(request):
        return redirect("admin:login")
    if MFA_PENDING in request.session and totp_device_for(request.user):
        return redirect("admin:mfa_verify")
    if not recently_authenticated(request):
        return redirect_to_reauthenticate(request)
    if request.method != "POST":
        return render_setup(request, site)
    actions = {
        "start": start_enrolment,
        "confirm": confirm_enrolment,
        "regenerate_codes": regenerate_codes,
        "disable": disable_mfa,
    }
    if request.POST.get("action") not in actions:
        raise BadRequest
    return actions[request.POST["action"]](request, site)


def start_enrolment(request, site):
    TOTPDevice.objects.get_or_create(user=request.user, defaults={"confirmed": False, "name": "app"})
    return redirect("admin:mfa_setup")


def confirm_enrolment(request, site):
    device = totp_device_for(request.user, confirmed=False)
    form = MFACodeForm(request.POST, devices=[device] if device else [])
    if not form.is_valid():
        return render_setup(request, site, form=form)
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    request.session.pop(MFA_PENDING, None)
    end_other_sessions(request, "mfa_enabled")
    return regenerate_codes(request, site)


def regenerate_codes(request, site):
    """Generate recovery codes, and show them this once. Without a confirmed device there are none."""
    if not totp_device_for(request.user):
        return render_setup(request, site)
    log_event("recovery_codes_generated", request.user, request)
    return render_setup(request, site, codes=RecoveryCodeDevice.generate(request.user))


def disable_mfa(request, site):
    remove_mfa(request.user)
    end_other_sessions(request, "mfa_disabled")
    messages.success(request, _("Your second factor is off."))
    return redirect("admin:mfa_setup")


def end_other_sessions(request, event):
    """End the user's other sessions, which were authenticated by the earlier rules, and log the event."""
    other_sessions(request).delete()
    request.session.cycle_key()
    log_event(event, request.user, request)


def render_setup(request, site, **context):
    device, unconfirmed_device = totp_device_for(request.user), totp_device_for(request.user, confirmed=False)
    recovery_codes = RecoveryCodeDevice.objects.filter(user=request.user)
    context = {
        "title": _("Second factor"),
        "device": device,
        "remaining_codes": sum(len(codes.code_hashes) for codes in recovery_codes),
        "form": MFACodeForm(),
        "is_required": settings.MFA_REQUIRED,
    } | context
    if unconfirmed_device and not device:
        # Black on white in every color scheme, as cameras need the contrast.
        code = segno.make(unconfirmed_device.config_url, error="m")
        svg = code.svg_inline(scale=5, border=4, light="#fff", title=_("QR code for the app"))
        secret = b32encode(unconfirmed_device.bin_key).decode().rstrip("=")
        # In groups of four characters, for apps that cannot scan.
        groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
        context |= {"qr_code": mark_safe(svg), "secret": " ".join(groups)}  # noqa: S308
    return TemplateResponse(request, "admin/accounts/mfa_setup.html", site.each_context(request) | context)
