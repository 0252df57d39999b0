"""The page of one's own account, with links to all that belongs to it, and the form of one's name and address."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _

from partners.accounts.backends import uses_oidc
from partners.accounts.mfa import totp_device_for
from partners.accounts.reauthentication import reauthentication_required
from partners.accounts.security_log import log_event
from partners.models import CalendarLink
from partners.permissions import can_view_calendar

NameAndEmailForm = forms.modelform_factory(get_user_model(), fields=["first_name", "last_name", "email"])


def my_account_view(request, site):
    user = request.user
    context = site.each_context(request) | {
        "title": _("My account"),
        "is_set_by_university": uses_oidc(user),
        "roles": [group.role for group in user.groups.select_related("role") if hasattr(group, "role")],
        "has_mfa": totp_device_for(user) is not None,
        "is_mfa_required": settings.MFA_REQUIRED,
        "session_count": user.sessions.filter(expire_date__gt=now()).count(),
        "can_view_calendar": can_view_calendar(user),
        "calendar_link": CalendarLink.objects.filter(user=user).first(),
    }
    return TemplateResponse(request, "admin/accounts/my_account.html", context)


@reauthentication_required
def name_and_email_view(request, site):
    """Change one's name and email address. Whoever has the address can choose a new password."""
    if uses_oidc(request.user):
        raise PermissionDenied
    # A copy, as pages name the user with what is saved.
    user = get_user_model().objects.get(pk=request.user.pk)
    form = NameAndEmailForm(request.POST or None, instance=user)
    if form.is_valid():
        form.save()
        if "email" in form.changed_data:
            log_event("email_changed", request.user, request)
        messages.success(request, _("Your name and email address are saved."))
        return redirect("admin:my_account")
    context = site.each_context(request) | {"title": _("Name and email address"), "form": form}
    return TemplateResponse(request, "admin/accounts/name_and_email.html", context)
