"""Giving several agreements the same end, the same person or the same places, after a look at what that changes."""

import hashlib
from collections import defaultdict

from django import forms
from django.contrib import messages
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.admin.bulk_views import BulkAgreementView, links
from partners.admin.date_fields import DateField
from partners.admin.form_fields import assignable_users
from partners.history.related_objects import latest_records
from partners.models import Agreement

NOBODY = "-"
PLACES = {"required": False, "min_value": 0, "max_value": 32767}


class BulkEditForm(forms.Form):
    """What is left empty stays as it is."""

    valid_until = DateField(label=gettext_lazy("Valid until"), required=False)
    is_open_ended = forms.BooleanField(label=gettext_lazy("Open-ended, with no last day"), required=False)
    responsible = forms.ChoiceField(label=gettext_lazy("Coordinator responsible"), required=False)
    places_out = forms.IntegerField(label=gettext_lazy("Places out"), **PLACES)
    places_in = forms.IntegerField(label=gettext_lazy("Places in"), **PLACES)

    def __init__(self, *args):
        super().__init__(*args, label_suffix="")
        self.people = {str(person.pk): person for person in assignable_users()}
        names = [(pk, str(person)) for pk, person in self.people.items()]
        self.fields["responsible"].choices = [("", _("as it is")), (NOBODY, _("nobody")), *names]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("is_open_ended") and cleaned.get("valid_until"):
            self.add_error("valid_until", _("Write a last day, or tick “open-ended”, not both."))
        if not self.errors and not self.values():
            raise forms.ValidationError(_("Write what to change. What you leave empty stays as it is."))

    def values(self):
        """What the agreements get, by the name of the field."""
        chosen = self.cleaned_data
        values = {name: chosen.get(name) for name in ("valid_until", "places_out", "places_in")}
        values = {name: value for name, value in values.items() if value is not None}
        if chosen.get("is_open_ended"):
            values["valid_until"] = None
        if person := chosen.get("responsible"):
            values["responsible"] = self.people.get(person)
        return values


class BulkEdit:
    """The values put into agreements that are not saved yet, and what that changes."""

    def __init__(self, agreements, values):
        self.agreements, self.values = agreements, values
        self.changes, self.errors, self.changed = defaultdict(list), [], []
        for agreement in agreements:
            self._put_into(agreement)

    def _put_into(self, agreement):
        differing = {name: new for name, new in self.values.items() if getattr(agreement, name) != new}
        for name, new in differing.items():
            old, label = getattr(agreement, name), agreement._meta.get_field(name).verbose_name
            self.changes[label, _describe(name, old), _describe(name, new)].append(agreement)
            setattr(agreement, name, new)
        if differing:
            self.changed.append(agreement)
            self._check(agreement)

    def _check(self, agreement):
        try:
            agreement.clean()
        except forms.ValidationError as error:
            self.errors.append((agreement, error.messages))

    @cached_property
    def digest(self):
        """Of what was shown: the values, and the versions that they are put into."""
        newest = latest_records(Agreement, [each.pk for each in self.agreements])
        versions = [(each.id, each.history_id) for each in newest]
        values = {name: getattr(value, "pk", value) for name, value in self.values.items()}
        return hashlib.sha256(repr((sorted(versions), sorted(values.items(), key=repr))).encode()).hexdigest()

    def lines(self):
        """The agreements in which the same becomes the same."""
        for (field, old, new), agreements in self.changes.items():
            yield {"field": field, "old": old, "new": new, "agreements": agreements, "links": links(agreements)}

    def save(self):
        for agreement in self.changed:
            agreement._change_reason = "edited together with others"
            agreement.save()


class BulkEditView(BulkAgreementView):
    title = gettext_lazy("Edit agreements together")

    def get_eligible_queryset(self):
        return Agreement.objects.all()

    def get(self, request):
        return self.page(BulkEditForm())

    def act(self):
        form = BulkEditForm(self.request.POST)
        if not form.is_valid():
            return self.page(form)
        edits = BulkEdit(self.agreements(), form.values())
        if not edits.changed:
            messages.info(self.request, _("Nothing to change: the agreements are as you want them."))
            return self.back()
        if self.request.POST.get("digest") != edits.digest or edits.errors:
            return self.page(form, edits)
        edits.save()
        words = ngettext("%d agreement changed", "%d agreements changed", len(edits.changed)) % len(edits.changed)
        messages.success(self.request, format_html("{}: {}", words, links(edits.changed)))
        return self.back()

    def agreements(self):
        found = Agreement.objects.filter(pk__in=self.ids()).select_for_update(of=("self",))
        return list(found.select_related("university", "agreement_type", "responsible").order_by("pk"))

    def page(self, form, edits=None):
        agreements = Agreement.objects.filter(pk__in=self.ids()).select_related("university", "agreement_type")
        if not agreements:
            messages.info(self.request, _("Tick the agreements first."))
            return self.back()
        if edits and "digest" in self.request.POST:
            messages.warning(self.request, _("Nothing was changed: this is not what you have seen. Look at it again."))
        context = self.model_admin.admin_site.each_context(self.request) | {
            "title": self.title,
            "opts": Agreement._meta,
            "form": form,
            "edits": edits,
            "agreements": agreements.order_by("university__name_key", "pk"),
            "back": self.address(),
        }
        return TemplateResponse(self.request, "admin/partners/agreement/edit.html", context)


def _describe(name, value):
    if value is None:
        return {"valid_until": _("open-ended"), "responsible": _("nobody")}.get(name, "-")
    return date_format(value) if name == "valid_until" else str(value)
