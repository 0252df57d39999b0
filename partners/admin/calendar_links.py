"""Where people make the private link to their calendar, make it anew, and give it up."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from partners.models import CalendarLink


class CalendarForm(forms.ModelForm):
    class Meta:
        model = CalendarLink
        fields = ["include_all"]


def calendar_link_view(request, site):
    if not request.user.has_perm("partners.view_agreement"):
        raise PermissionDenied
    link = CalendarLink.objects.filter(user=request.user).first()
    if request.method != "POST":
        return _render(request, site, link)
    if "give_up" in request.POST:
        CalendarLink.objects.filter(user=request.user).delete()
        messages.success(request, _("The link no longer opens your calendar."))
        return redirect("admin:my_calendar")
    return _render(request, site, link, address=_issue_link(request))


def _issue_link(request):
    """The address of a new link. It is shown in this answer and nowhere else."""
    form = CalendarForm(request.POST)
    form.full_clean()
    token = CalendarLink.make(request.user, form.cleaned_data["include_all"])
    path = reverse("calendar", args=[token])
    return settings.SITE_URL + path if settings.SITE_URL else request.build_absolute_uri(path)


def _render(request, site, link, address=None):
    context = site.each_context(request) | {
        "title": _("My calendar"),
        "form": CalendarForm(request.POST if address else None, instance=link, label_suffix=""),
        "link": link,
        "address": address,
    }
    return TemplateResponse(request, "admin/partners/my_calendar.html", context)
