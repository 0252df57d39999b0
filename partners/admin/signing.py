"""Bulk signing of agreements."""

from collections import defaultdict

from django import forms
from django.contrib import messages
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.bulk_views import AgreementRowForm, AgreementRowsView, first_agreement_links
from partners.admin.document_fields import MultipleDocumentField, reject_duplicates
from partners.admin.documents import discard_uploads, store_uploads
from partners.admin.form_fields import DateField
from partners.admin.signature_forms import CONFIRMATION_FIELD, SignatureFormMixin
from partners.enums import AgreementStatus
from partners.models import Agreement
from partners.models.agreement_slots import unique_slot
from partners.models.runs import RunAction
from partners.periods import StartRequiredError, UpcomingOverlapError, propose_start, renewal_effects

DATE_FIELDS = ["signed_on", "valid_from", "valid_until"]


class SignForm(SignatureFormMixin, AgreementRowForm):
    shared_fields = [*DATE_FIELDS, "is_open_ended", CONFIRMATION_FIELD]
    documents = MultipleDocumentField(label=gettext_lazy("documents"), required=False)
    displayed_effects = forms.CharField(required=False, widget=forms.HiddenInput)
    stored = ()
    """Documents with a file in the storage, which are not saved yet."""
    effects, effect_sentences = None, ()
    """RenewalEffects on signed agreements, None as long as the type or the dates have errors, and their description."""

    class Meta:
        model = Agreement
        fields = ["agreement_type", *DATE_FIELDS, "is_open_ended"]
        field_classes = dict.fromkeys(DATE_FIELDS, DateField)
        help_texts = dict.fromkeys(fields, "")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["signed_on"].required = True
        self.fields["agreement_type"].disabled = self.original.agreement_type_id is not None
        self.instance.status = AgreementStatus.SIGNED

    def clean_documents(self):
        documents = self.cleaned_data["documents"]
        reject_duplicates(documents, set(self.instance.documents.active().values_list("sha256", flat=True)))
        return documents

    def clean(self):
        self.cleaned_data["status"] = self.instance.status
        return super().clean()

    def set_effects(self, signed, on_page):
        """Set the effects on the signed agreements of its slot, whose periods are given.

        Add an error if it overlaps one that is on the page too, or if the page has displayed other effects.
        """
        if not self.instance.agreement_type_id or self.errors.keys() & {"agreement_type", "valid_from", "valid_until"}:
            return
        for other in on_page:
            if other.period.overlaps(self.instance.period):
                message = _("“%s” is on this page too. Choose dates that do not overlap.")
                self.add_error("valid_from", message % other.describe_period())
                return
        try:
            self.effects = renewal_effects(self.instance.period, signed, localdate())
        except (StartRequiredError, UpcomingOverlapError):
            return  # The model's validation says it.
        self.effect_sentences = self.instance.describe_effects(self.effects)
        self.confirm_effects(" ".join(self.effect_sentences))

    def confirm_effects(self, sentences):
        self.initial["displayed_effects"] = sentences
        if self.is_bound and self.cleaned_data["displayed_effects"] != sentences:
            self.data = self.data.copy()
            self.data[self.add_prefix("displayed_effects")] = sentences
            self.add_error(None, _("See what becomes of other agreements now, then press once more."))

    def save(self):
        self.instance.sign(self.cleaned_data["signed_on"])
        for document in self.stored:
            document.attach_to(self.instance, self.user, "added with the signature")
        return self.instance


class BulkSignView(AgreementRowsView):
    name, action_name, action_label = "sign", "mark_selected_as_signed", gettext_lazy("Mark selected as signed")
    run_action = RunAction.SIGN
    form, queryset, initial = SignForm, Agreement.objects.in_process(), {"signed_on": localdate}
    title = button = gettext_lazy("Mark as signed")
    note = gettext_lazy(
        "Each row says what becomes of other agreements of the same type and scope. The next step is emptied. "
        "A document is a PDF, DOCX, ODT, PNG or JPEG file; choose several at once if there are more."
    )
    success_message = gettext_lazy("Marked as signed")

    def build_forms(self, data=None, files=None):
        row_forms = super().build_forms(data, files)
        # The choices are evaluated once, not with a query in each form.
        choices = list(row_forms[0].fields["agreement_type"].choices) if row_forms else []
        for form in row_forms:
            form.fields["agreement_type"].choices = choices
        if data is None:
            signed = signed_periods(row_forms)
            for form in row_forms:
                periods = signed[unique_slot(form.instance)]
                if periods and not form.instance.valid_from:
                    form.instance.valid_from = form.initial["valid_from"] = propose_start(periods, localdate())
            set_effects(row_forms, signed)
        return row_forms

    def validate_rows(self, row_forms):
        """Set the effects of each form. Store the documents if there is no error, else ask for them again."""
        for form in row_forms:
            form.full_clean()
        set_effects(row_forms, signed_periods(row_forms))
        if not any(form.errors for form in row_forms):
            store_uploads(row_forms, "documents")
        if any(form.errors for form in row_forms):
            discard_uploads(row_forms, "documents")

    def save(self, run):
        self.row_forms = in_order_of_start(self.row_forms)
        super().save(run)
        effects = [form.effects for form in self.row_forms]
        shortened = [found.predecessor.pk for found in effects if found.last_day]
        ended = [agreement.pk for found in effects for agreement in found.ended]
        for label, ids in ((_("Shortened by a renewal"), shortened), (_("Ended by a renewal"), ended)):
            if ids:
                links = first_agreement_links(Agreement.objects.in_bulk(ids).values())
                messages.success(self.request, format_html("{}: {}", label, links))

    def shared_values_row(self, row_forms):
        """Add one confirmation checkbox if all past last days are the same day."""
        row = super().shared_values_row(row_forms)
        widgets = [form.fields["valid_until"].widget for form in row_forms]
        days = {widget.day_to_confirm for widget in widgets if widget.day_to_confirm}
        for field in row:
            if field and field.name == "valid_until" and len(days) == 1:
                field.field.widget.day_to_confirm = days.pop()
        return row


def in_order_of_start(row_forms):
    """Return the forms in the order in which they are signed: one that follows another on the page comes after it."""
    return sorted(row_forms, key=lambda form: form.instance.period.bounds)


def signed_periods(row_forms):
    """Return the signed agreements of the forms' universities with their periods, by slot."""
    universities = [form.instance.university_id for form in row_forms]
    agreements = Agreement.objects.signed().filter(university__in=universities).select_related("agreement_type")
    signed = defaultdict(dict)
    for agreement in agreements.order_by("pk"):
        signed[unique_slot(agreement)][agreement] = agreement.period
    return signed


def set_effects(row_forms, signed):
    """Set the effects of each form, those of the forms that are signed before it included."""
    selected = {form.instance for form in row_forms}
    for form in in_order_of_start(row_forms):
        slot = unique_slot(form.instance)
        form.set_effects(signed[slot], on_page=selected & signed[slot].keys())
        if form.effects:
            signed[slot] = form.effects.apply(signed[slot]) | {form.instance: form.instance.period}
