"""Bulk edit of agreements: set the end, the coordinator or the places of several at once, after a preview."""

import hashlib
from collections import defaultdict

from django import forms
from django.contrib import messages
from django.db import models
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.admin.bulk_views import BulkAgreementView, agreement_links
from partners.admin.form_fields import DATE_OVERRIDES, assignable_users
from partners.agreement_fields import AGREEMENT_FIELDS
from partners.cells import MAX_PLACES
from partners.enums import AgreementStatus
from partners.history.concurrent_changes import annotate_version
from partners.history.diff import diff
from partners.models import Agreement
from partners.models.agreement_slots import unique_slot

NOBODY = "-"
FORM_FIELD_OPTIONS = DATE_OVERRIDES | {models.PositiveSmallIntegerField: {"max_value": MAX_PLACES}}


class BulkEditForm(forms.Form):
    """The new values. A field that is left empty is not changed."""

    def __init__(self, *args):
        super().__init__(*args, label_suffix="")
        self.users = {str(user.pk): user for user in assignable_users()}
        for model_field in [Agreement._meta.get_field(field.name) for field in AGREEMENT_FIELDS if field.in_bulk_edit]:
            options = FORM_FIELD_OPTIONS.get(type(model_field), {})
            self.fields[model_field.name] = model_field.formfield(required=False, help_text="", **options)
        names = [(pk, str(user)) for pk, user in self.users.items()]
        self.fields["responsible"] = forms.ChoiceField(
            label=gettext_lazy("Coordinator responsible"),
            required=False,
            choices=[("", _("as it is")), (NOBODY, _("nobody")), *names],
        )
        self.order_fields(["valid_until", "is_open_ended", "due_on", "responsible"])

    def clean(self):
        """Set ``values``, the new ones by field name."""
        cleaned = super().clean()
        if cleaned.get("is_open_ended") and cleaned.get("valid_until"):
            self.add_error("valid_until", _("Write a last day, or tick “open-ended”, not both."))
        choices = ("is_open_ended", "responsible")
        self.values = {name: new for name, new in cleaned.items() if name not in choices and new not in (None, "")}
        if cleaned.get("is_open_ended"):
            self.values |= {"valid_until": None, "is_open_ended": True}
        elif cleaned.get("valid_until"):
            self.values["is_open_ended"] = False
        if user_id := cleaned.get("responsible"):
            self.values["responsible"] = self.users.get(user_id)
        if not self.errors and not self.values:
            raise forms.ValidationError(_("Write what to change. What you leave empty stays as it is."))


def apply_values(agreements, values):
    """Set the values on the agreements, which are not saved yet. Return the context of the preview."""
    changed, agreements_by_change = [], defaultdict(list)
    empty_texts = dict.fromkeys(values, "-") | {"responsible": _("nobody")}
    for agreement in agreements:
        old_values = {name: getattr(agreement, name) for name in values}
        changes = diff(old_values, values, Agreement, empty_texts=empty_texts)
        for change in changes:
            agreements_by_change[change].append(agreement)
            setattr(agreement, change.name, values[change.name])
        if changes:
            changed.append(agreement)
    versions = [(agreement.pk, agreement.version) for agreement in agreements]
    plain_values = [(name, getattr(value, "pk", value)) for name, value in values.items()]
    return {
        "changed": changed,
        "errors": find_errors(changed),
        "changes": [(change, found, agreement_links(found)) for change, found in agreements_by_change.items()],
        # Tells whether the preview is outdated.
        "digest": hashlib.sha256(repr((versions, plain_values)).encode()).hexdigest(),
    }


def find_errors(changed):
    """Return (agreement, messages) for those that are invalid, by themselves or beside others of their university."""
    unchanged = Agreement.objects.signed().exclude(pk__in=[agreement.pk for agreement in changed])
    unchanged = unchanged.filter(university__in={agreement.university_id for agreement in changed})
    siblings, errors = defaultdict(list), []
    for agreement in [*unchanged.select_related("agreement_type"), *changed]:
        siblings[unique_slot(agreement)].append(agreement)
    for agreement in changed:
        try:
            agreement.clean()
            if agreement.status == AgreementStatus.SIGNED:
                others = [other for other in siblings[unique_slot(agreement)] if other.pk != agreement.pk]
                agreement.validate_no_overlap(others)
        except forms.ValidationError as error:
            errors.append((agreement, error.messages))
    return errors


class BulkEditView(BulkAgreementView):
    name, action_name, action_label = "edit", "edit_selected", gettext_lazy("Edit selected together")
    title = gettext_lazy("Edit agreements together")

    def get(self, request):
        return self.render(BulkEditForm())

    def perform(self, request):
        form = BulkEditForm(request.POST)
        if not form.is_valid():
            return self.render(form)
        agreements = annotate_version(Agreement.objects.filter(pk__in=self.selected_ids)).order_by("pk")
        agreements = agreements.select_related("university", "agreement_type", "responsible")
        preview = apply_values(agreements, form.values)
        if not preview["changed"]:
            messages.info(request, _("Nothing to change: the agreements are as you want them."))
            return redirect(self.return_url)
        if request.POST.get("digest") != preview["digest"] or preview["errors"]:
            return self.render(form, preview)
        for agreement in preview["changed"]:
            agreement._change_reason = "edited together with others"
            agreement.save()
        count = len(preview["changed"])
        message = ngettext("%d agreement changed", "%d agreements changed", count) % count
        messages.success(request, format_html("{}: {}", message, agreement_links(preview["changed"])))
        return redirect(self.return_url)

    def render(self, form, preview=None):
        agreements = Agreement.objects.filter(pk__in=self.selected_ids).select_related("university", "agreement_type")
        if not agreements:
            messages.info(self.request, _("Tick the agreements first."))
            return redirect(self.return_url)
        if preview and "digest" in self.request.POST:
            messages.warning(self.request, _("Nothing was changed: this is not what you have seen. Look at it again."))
        context = self.model_admin.admin_site.each_context(self.request) | {
            "view": self,
            "title": self.title,
            "opts": Agreement._meta,
            "form": form,
            "preview": preview,
            "agreements": agreements.order_by("university__name_key", "pk"),
        }
        return TemplateResponse(self.request, "admin/partners/agreement/bulk_edit.html", context)
