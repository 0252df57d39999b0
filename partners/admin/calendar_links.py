"""Page on which users create, replace and revoke the private link of their calendar."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from partners.http import get_site_url
from partners.models import CalendarLink
from partners.permissions import can_view_calendar

CalendarLinkForm = forms.modelform_factory(CalendarLink, fields=["include_all"])


def calendar_link_view(request, site):
    if not can_view_calendar(request.user):
        raise PermissionDenied
    link = CalendarLink.objects.filter(user=request.user).first()
    if "revoke" in request.POST:
        CalendarLink.objects.filter(user=request.user).delete()
        messages.success(request, _("The link no longer opens your calendar."))
        return redirect("admin:calendar_link")
    form = CalendarLinkForm(request.POST if request.method == "POST" else None, instance=link, label_suffix="")
    calendar_url = None
    if form.is_valid():
        token = CalendarLink.issue_token(request.user, form.cleaned_data["include_all"])
        calendar_url = get_site_url(request) + reverse("calendar", args=[token])
    context = site.each_context(request) | {
        "title": _("Calendar"),
        "form": form,
        "link": link,
        "calendar_url": calendar_url,
    }
    return TemplateResponse(request, "admin/partners/calendar_link.html", context)
