"""Bulk edit of agreements: set fields and mobilities of several at once, to the same values, after a preview."""

import hashlib
from collections import defaultdict

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import InlineAdminFormSet
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.admin.bulk_views import BulkAgreementView, agreement_links
from partners.admin.ending import MAX_REASON_LENGTH
from partners.admin.form_fields import DATE_OVERRIDES, assignable_users
from partners.admin.mobilities import MobilityInline
from partners.admin.optimistic_locking import with_small_letters
from partners.agreement_fields import AGREEMENT_FIELDS, AdminSection
from partners.enums import AgreementStatus
from partners.history.concurrent_changes import annotate_version
from partners.history.diff import FieldChange, diff
from partners.imports.mobility_changes import MobilityChange, apply_mobility_changes
from partners.mobility_fields import MOBILITY_FIELDS
from partners.models import Agreement
from partners.models.agreement_slots import SAME_IN_PROCESS, unique_slot
from partners.models.mobilities import summarize
from partners.models.runs import RunAction
from partners.runs.bulk_write import ChangeContext
from partners.validators import validate_name

NOBODY, REPLACE, ADD = "-", "replace", "add"
NO_VALUE = "-"
BULK_EDIT_FIELDS = [field.name for field in AGREEMENT_FIELDS if field.in_bulk_edit]
# The others have another way to say it, or are no text and no date.
CLEARABLE_FIELDS = [name for name in BULK_EDIT_FIELDS if name not in ("agreement_type", "is_open_ended", "responsible")]


class BulkEditForm(forms.Form):
    """The new values. A field that is left empty is not changed. The mobilities are in a formset of their own."""

    emptied = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    mobilities = forms.ChoiceField(
        label=gettext_lazy("Mobilities"),
        required=False,
        choices=[
            ("", gettext_lazy("as they are")),
            (REPLACE, gettext_lazy("replaced by the lines below")),
            (ADD, gettext_lazy("as they are, and the lines below")),
        ],
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=MAX_REASON_LENGTH,
        validators=[validate_name],
        help_text=gettext_lazy("The history of each agreement shows it."),
    )

    def __init__(self, *args, mobility_formset=None):
        super().__init__(*args, label_suffix="")
        self.mobility_formset = mobility_formset
        self.users = {str(user.pk): user for user in assignable_users()}
        for name in BULK_EDIT_FIELDS:
            self.fields[name] = build_form_field(Agreement._meta.get_field(name))
        names = [(pk, str(user)) for pk, user in self.users.items()]
        self.fields["responsible"] = forms.ChoiceField(
            label=gettext_lazy("Coordinator responsible"),
            required=False,
            choices=[("", _("as it is")), (NOBODY, _("nobody")), *names],
        )
        emptied = [(name, _("Empty “%s”") % self.fields[name].label) for name in CLEARABLE_FIELDS]
        self.fields["emptied"].choices = emptied
        self.order_fields(BULK_EDIT_FIELDS)

    @property
    def fieldsets(self):
        """The sections of the declarations with their bound fields, each with the tick to empty it, if it has one."""
        ticks = {widget.data["value"]: widget for widget in self["emptied"]}
        for section in AdminSection:
            names = [field.name for field in AGREEMENT_FIELDS if field.in_bulk_edit and field.section == section]
            yield section.label, [(self[name], ticks.get(name)) for name in names]

    def clean_scope(self):
        return Agreement.objects.known_scope(self.cleaned_data["scope"])

    def clean_mobilities(self):
        choice, has_lines = self.cleaned_data["mobilities"], self.mobility_formset.has_changed()
        if has_lines and not choice:
            raise forms.ValidationError(_("There are lines below. Choose what they are for, or empty them."))
        if choice and not has_lines:
            raise forms.ValidationError(_("Enter a line below, or leave the mobilities as they are."))
        return choice

    def clean(self):
        """Set ``values``, the new ones by field name."""
        cleaned = super().clean()
        if cleaned.get("is_open_ended") and cleaned.get("valid_until"):
            self.add_error("valid_until", _("Write a last day, or tick “open-ended”, not both."))
        emptied = cleaned.get("emptied", ())
        for name in emptied:
            if cleaned.get(name):
                self.add_error(name, _("Write what it becomes, or tick that it becomes empty, not both."))
        self.values = {name: new for name in BULK_EDIT_FIELDS if (new := cleaned.get(name)) not in (None, "", False)}
        self.values |= {name: Agreement._meta.get_field(name).get_default() for name in emptied}
        if cleaned.get("is_open_ended"):
            self.values["valid_until"] = None
        elif "valid_until" in self.values:
            self.values["is_open_ended"] = False
        if user_id := cleaned.get("responsible"):
            self.values["responsible"] = self.users.get(user_id)
        if not self.errors and not self.values and not cleaned["mobilities"]:
            raise forms.ValidationError(_("Write what to change. What you leave empty stays as it is."))


def build_form_field(model_field):
    options = DATE_OVERRIDES.get(type(model_field), {})
    if model_field.is_relation:
        options = {"empty_label": _("as it is")}
    field = model_field.formfield(required=False, help_text="", **options)
    if model_field.name == "scope":
        field.widget.attrs["list"] = "scopes"
    elif isinstance(field.widget, forms.Textarea):
        field.widget.attrs["rows"] = 3
    return field


def apply_values(agreements, values, lines=(), *, replaces):
    """Set the values on the agreements, which are not saved yet. Return the context of the preview.

    Lines are unsaved mobilities. If there are any, each agreement gets them, in place of those that it has or as well.
    """
    edited, agreements_by_change = [], defaultdict(list)
    empty_texts = dict.fromkeys(values, NO_VALUE) | {"responsible": _("nobody")}
    for agreement in agreements:
        old_values = {name: getattr(agreement, name) for name in values}
        changes = diff(old_values, values, Agreement, empty_texts=empty_texts)
        for change in changes:
            agreements_by_change[change].append(agreement)
            setattr(agreement, change.name, values[change.name])
        if changes:
            edited.append(agreement)
    planned = {agreement: change_mobilities(agreement, lines, replaces) for agreement in agreements if lines}
    mobility_changes = {agreement: change for agreement, change in planned.items() if change.is_changed}
    for agreement, change in mobility_changes.items():
        old, new = (summarize(side, in_full=True) or NO_VALUE for side in change.sides)
        agreements_by_change[FieldChange("mobilities", _("mobilities"), old, new)].append(agreement)
    return {
        "edited": edited,
        "mobility_changes": list(mobility_changes.values()),
        "changed": [agreement for agreement in agreements if agreement in edited or agreement in mobility_changes],
        "errors": find_errors(edited),
        "changes": [(change, found, agreement_links(found)) for change, found in agreements_by_change.items()],
        "digest": digest(agreements, values, planned.values()),
    }


def change_mobilities(agreement, lines, replaces):
    """Return the MobilityChange that gives the agreement these lines. One that it has already is not added."""
    before = {mobility.pk: mobility_values(mobility) for mobility in agreement.mobilities.all()}
    existing = [] if replaces else list(before.values())
    added = [values for values in map(mobility_values, lines) if values not in existing]
    return MobilityChange.from_lines(agreement.pk, str(agreement), before, [*existing, *added])


def mobility_values(mobility):
    return {field.name: getattr(mobility, field.name) for field in MOBILITY_FIELDS}


def digest(agreements, values, mobility_changes):
    """Return a digest of what a preview displays. A different one means that the preview is outdated."""
    versions = [(agreement.pk, agreement.version) for agreement in agreements]
    plain_values = [(name, getattr(value, "pk", value)) for name, value in values.items()]
    mobilities = [(change.before, change.deleted, change.added) for change in mobility_changes]
    return hashlib.sha256(repr((versions, plain_values, mobilities)).encode()).hexdigest()


def find_errors(changed):
    """Return (agreement, messages) for those that are invalid, by themselves or beside others of their university."""
    unchanged = Agreement.objects.open().exclude(pk__in=[agreement.pk for agreement in changed])
    unchanged = unchanged.filter(university__in={agreement.university_id for agreement in changed})
    siblings, errors = defaultdict(list), []
    for agreement in [*unchanged.select_related("agreement_type"), *changed]:
        siblings[unique_slot(agreement)].append(agreement)
    for agreement in changed:
        others = [other for other in siblings[unique_slot(agreement)] if other.pk != agreement.pk]
        try:
            agreement.clean()
            if agreement.status == AgreementStatus.SIGNED:
                agreement.validate_no_overlap(others)
            elif agreement.status == AgreementStatus.IN_PROCESS and others:
                raise forms.ValidationError(SAME_IN_PROCESS)
        except forms.ValidationError as error:
            errors.append((agreement, error.messages))
    return errors


class BulkEditView(BulkAgreementView):
    name, action_name, action_label = "edit", "edit_selected", gettext_lazy("Edit selected together")
    run_action = RunAction.EDIT
    title = gettext_lazy("Edit agreements together")

    def get(self, request):
        return self.render(BulkEditForm(mobility_formset=self.build_formset()))

    def validate(self, request):
        formset = self.build_formset(request.POST)
        form = BulkEditForm(request.POST, mobility_formset=formset)
        if not all([form.is_valid(), formset.is_valid()]):
            return self.render(form)
        agreements = annotate_version(Agreement.objects.filter(pk__in=self.selected_ids)).order_by("pk")
        agreements = agreements.select_related("university", "agreement_type", "responsible")
        lines = formset.save(commit=False)
        replaces = form.cleaned_data["mobilities"] == REPLACE
        preview = apply_values(agreements.prefetch_related("mobilities"), form.values, lines, replaces=replaces)
        if not preview["changed"]:
            messages.info(request, _("Nothing to change: the agreements are as you want them."))
            return redirect(self.return_url)
        if request.POST.get("digest") != preview["digest"] or preview["errors"]:
            return self.render(form, preview)
        self.preview = preview
        reason = form.cleaned_data["reason"]
        self.change_reason = f"edited together: {reason}" if reason else "edited together with others"
        return None

    def save(self, run):
        for agreement in self.preview["edited"]:
            agreement._change_reason = self.change_reason
            agreement.save()
        context = ChangeContext(self.change_reason, self.request.user, run)
        apply_mobility_changes(self.preview["mobility_changes"], context)
        changed = self.preview["changed"]
        label = ngettext("%d agreement changed", "%d agreements changed", len(changed)) % len(changed)
        self.add_success_message(label, changed, run)

    def build_formset(self, data=None):
        """Return the formset of an agreement's mobilities, for an agreement that has none."""
        self.inline = MobilityInline(Agreement, self.model_admin.admin_site)
        formset = self.inline.get_formset(self.request)
        return formset(data, instance=Agreement(), queryset=self.inline.get_queryset(self.request))

    def render(self, form, preview=None):
        agreements = Agreement.objects.filter(pk__in=self.selected_ids).select_related("university", "agreement_type")
        if not agreements:
            messages.info(self.request, _("Tick the agreements first."))
            return redirect(self.return_url)
        if preview and "digest" in self.request.POST:
            messages.warning(self.request, _("Nothing was changed: this is not what you have seen. Look at it again."))
        fieldsets = self.inline.get_fieldsets(self.request)
        lines = InlineAdminFormSet(self.inline, form.mobility_formset, fieldsets, model_admin=self.model_admin)
        context = self.model_admin.admin_site.each_context(self.request) | {
            "view": self,
            "title": self.title,
            "opts": Agreement._meta,
            "form": form,
            "inline_admin_formset": with_small_letters(lines),
            "media": self.model_admin.media + lines.media,
            "preview": preview,
            "agreements": agreements.order_by("university__name_key", "pk"),
            "scopes": Agreement.objects.scopes(),
        }
        return TemplateResponse(self.request, "admin/partners/agreement/bulk_edit.html", context)
