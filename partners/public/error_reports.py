"""Error reports by visitors: a form whose message is mailed to the office and not stored.

Spam protection needs neither session, cookie nor third-party service: a honeypot field, a signed
timestamp of when the form was opened, and hourly rate limits.
"""

from time import time

from django import forms
from django.core import signing
from django.core.mail import EmailMessage
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from partners.accounts.rate_limits import RateLimit
from partners.http import get_client_network
from partners.models import OfficeSettings, University

HOUR = 3600
MIN_FORM_AGE, MAX_FORM_AGE = 3, 24 * HOUR
"""Seconds. No person writes a report faster than the minimum; after the maximum the form has expired."""
CLIENT_LIMIT, TOTAL_LIMIT = RateLimit("report", 5, HOUR), RateLimit("all reports", 50, HOUR)
"""Per client network, and for all of them together, as addresses are cheap."""


class ReportForm(forms.Form):
    message = forms.CharField(label=_("What is wrong?"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 6}))
    email = forms.EmailField(label=_("Your email address"), required=False, help_text=_("If you would like an answer."))
    nickname = forms.CharField(required=False)
    opened = forms.CharField(required=False)

    def clean(self):
        values = super().clean()
        if values.get("nickname") or not MIN_FORM_AGE <= _seconds_since(values.get("opened", "")) <= MAX_FORM_AGE:
            raise forms.ValidationError(_("This could not be sent from here. Please wait a moment, and send it again."))
        return values


def signed_timestamp(opened=""):
    """Return the signed timestamp for a form to be rendered; ``opened`` is that of the submitted form.

    A valid one is reused, and an expired one is replaced by one of the minimum age, so that a corrected form
    can be submitted at once.
    """
    seconds = _seconds_since(opened)
    if 0 <= seconds <= MAX_FORM_AGE:
        return opened
    return signing.dumps(time() - (MIN_FORM_AGE if seconds > MAX_FORM_AGE else 0), salt=__name__)


def _seconds_since(opened):
    try:
        return time() - signing.loads(opened, salt=__name__)
    except signing.BadSignature:
        return -1


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def report(request, slug):
    """Form to report an error. Not on the university's page itself, so that that can be cached for everybody."""
    university = _find_university(slug)
    form = ReportForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid():
        try:
            send_report(request, university, **form.cleaned_data)
            return redirect("reported", slug)
        except forms.ValidationError as error:
            form.add_error(None, error)
    opened = signed_timestamp(request.POST.get("opened", ""))
    return render(request, "partners/report.html", {"university": university, "form": form, "opened": opened})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "OPTIONS"])
def reported(request, slug):
    return render(request, "partners/reported.html", {"university": _find_university(slug)})


def _find_university(slug):
    public = University.objects.public(localdate()).select_related("country")
    return get_object_or_404(public if OfficeSettings.objects.current().contact_email else public.none(), slug=slug)


def send_report(request, university, message, email, **_spam_fields):
    """Mail a report to the office, or raise ValidationError. Reports are counted by client network.

    Once the total limit is reached, no client is counted any more, so that the table stays small.
    """
    client = get_client_network(request)
    if TOTAL_LIMIT.is_reached() or not CLIENT_LIMIT.allows(client) or not TOTAL_LIMIT.allows():
        raise forms.ValidationError(_("There have been many reports in the last hour. Please try again later."))
    address = OfficeSettings.objects.current().contact_email
    url, signature = request.build_absolute_uri(university.get_absolute_url()), email or "No address to answer to."
    mail = EmailMessage(
        subject=f"Error reported: {university}",
        body=f"{university}, {university.country}\n{url}\n\n{message}\n\n-- \n{signature}\n",
        to=[address],
        reply_to=[email] if email else [],
    )
    try:
        mail.send()
    except OSError as error:
        sentence = _("Mail does not work at the moment. Please write to %(address)s.")
        raise forms.ValidationError(sentence % {"address": address}) from error
