"""Marking agreements as signed: one page, a row for each deal that is in process."""

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from partners.models import Agreement
from partners.rules import Status

MOST_DIGITS = 18
"""Of a number that fits into a primary key."""


class SignForm(forms.ModelForm):
    class Meta:
        model = Agreement
        fields = ["agreement_type", "signed_on"]
        widgets = {"signed_on": AdminDateWidget}

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, instance=instance, initial={"signed_on": localdate()}, **kwargs)
        self.fields["signed_on"].required = True
        self.fields["agreement_type"].disabled = instance.agreement_type_id is not None
        self.fields["agreement_type"].help_text = ""

    def clean(self):
        self.instance.status = Status.SIGNED
        return super().clean()

    def sign(self):
        self.instance.sign(self.cleaned_data["signed_on"])


class SigningView(View):
    """Signs all the agreements that ``id`` names, or none of them."""

    model_admin = None

    def dispatch(self, request, *args, **kwargs):
        if not self.model_admin.has_change_permission(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self.answer(request, self.forms(request, None))

    @transaction.atomic
    def post(self, request):
        rows = self.forms(request, request.POST)
        _refuse_pairs(rows)
        if not rows or any(form.errors for form in rows):
            return self.answer(request, rows)
        for form in rows:
            form.sign()
        self.tell(request, [form.instance for form in rows])
        return self.back()

    def forms(self, request, data):
        """A form for each of the agreements, as far as they are still in process."""
        ids = [pk for pk in request.GET.getlist("id") if pk.isdecimal() and len(pk) <= MOST_DIGITS]
        agreements = Agreement.objects.in_process().filter(pk__in=ids).select_related("university", "agreement_type")
        if data is not None:
            agreements = agreements.select_for_update(of=["self"])
        if left := len(set(ids)) - len(agreements):
            text = ngettext(
                "%d agreement is no longer in process, and stays as it is.",
                "%d agreements are no longer in process, and stay as they are.",
                left,
            )
            messages.info(request, text % left)
        return [SignForm(data, instance=agreement, prefix=str(agreement.pk)) for agreement in agreements]

    def answer(self, request, rows):
        if not rows:
            return self.back()
        context = self.model_admin.admin_site.each_context(request) | {
            "title": _("Mark as signed"),
            "opts": Agreement._meta,
            "forms": rows,
            "media": self.model_admin.media + rows[0].media,
        }
        return TemplateResponse(request, "admin/partners/agreement/sign.html", context)

    def tell(self, request, agreements):
        links = format_html_join(", ", '<a href="{}">{}</a>', ((_change_url(each), each) for each in agreements))
        messages.success(request, format_html(_("Marked as signed: {}"), links))

    def back(self):
        return redirect("admin:partners_agreement_changelist")


def _change_url(agreement):
    return reverse("admin:partners_agreement_change", args=[agreement.pk])


def _refuse_pairs(forms):
    """Of two deals of one type with one university, signing the second would end the first."""
    kinds = set()
    for form in forms:
        form.full_clean()
        kind = form.instance.university_id, form.instance.agreement_type_id
        if kind in kinds:
            form.add_error("agreement_type", _("Another deal on this page has the same university and type."))
        kinds.add(kind)
