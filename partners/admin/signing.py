"""Bulk signing of agreements."""

from django.contrib import messages
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.bulk_views import AgreementRowForm, BulkAgreementView, agreement_links
from partners.admin.date_fields import DateField
from partners.admin.document_fields import (
    FileStorageError,
    MultipleDocumentField,
    reject_duplicates,
    reselect_message,
    store_files,
)
from partners.admin.signature_forms import CONFIRMATION_FIELD, SignatureFormMixin
from partners.enums import AgreementStatus
from partners.models import Agreement

DATE_FIELDS = ["signed_on", "valid_from", "valid_until"]


class SignForm(SignatureFormMixin, AgreementRowForm):
    shared_fields = [*DATE_FIELDS, CONFIRMATION_FIELD]
    user = None
    documents = MultipleDocumentField(label=gettext_lazy("documents"), help_text="")

    class Meta:
        model = Agreement
        fields = ["agreement_type", *DATE_FIELDS]
        field_classes = dict.fromkeys(DATE_FIELDS, DateField)

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, instance=instance, initial={"signed_on": localdate()}, **kwargs)
        self.fields["signed_on"].required = True
        self.fields["agreement_type"].disabled = instance.agreement_type_id is not None
        self.fields["agreement_type"].help_text = ""

    def is_transition_to_signed(self):
        return True

    def clean_documents(self):
        documents = self.cleaned_data["documents"]
        reject_duplicates(documents, set(self.instance.documents.active().values_list("sha256", flat=True)))
        return documents

    def clean(self):
        self.instance.status = AgreementStatus.SIGNED
        return super().clean()

    def save(self):
        self.ended_ids = list(self.instance.signed_predecessors().values_list("pk", flat=True))
        self.instance.sign(self.cleaned_data["signed_on"])
        for document in self.cleaned_data["documents"]:
            document.attach_to(self.instance, self.user, "added with the signature")

    def add_reselect_error(self):
        if message := reselect_message(self, "documents"):
            self.add_error("documents", message)


class BulkSignView(BulkAgreementView):
    form = SignForm
    title = button = gettext_lazy("Mark as signed")
    note = gettext_lazy(
        "What is signed here ends the signed agreement of the same type, if there is one. "
        "Its own next step is emptied. "
        "A document is a PDF, DOCX, ODT, PNG or JPEG file; choose several at once if there are more."
    )
    success_message = gettext_lazy("Marked as signed")

    def get_eligible_queryset(self):
        return Agreement.objects.in_process()

    def build_forms(self, data):
        agreement_forms = super().build_forms(data)
        # The choices are evaluated once, not with a query in each form.
        choices = list(agreement_forms[0].fields["agreement_type"].choices) if agreement_forms else []
        for form in agreement_forms:
            form.fields["agreement_type"].choices = choices
            form.user = self.request.user
        return agreement_forms

    def render_forms(self, agreement_forms):
        for form in agreement_forms:
            form.add_reselect_error()
        return super().render_forms(agreement_forms)

    def shared_values_row(self, agreement_forms):
        """Add one confirmation checkbox if all past last days are the same day."""
        row = super().shared_values_row(agreement_forms)
        widgets = [form.fields["valid_until"].widget for form in agreement_forms]
        days = {widget.day_to_confirm for widget in widgets if widget.day_to_confirm}
        for field in row:
            if field and field.name == "valid_until" and len(days) == 1:
                field.field.widget.day_to_confirm = days.pop()
        return row

    def validate_rows(self, agreement_forms):
        """Reject a second agreement of the same university and type, as signing it would end the first."""
        seen = set()
        for form in agreement_forms:
            form.full_clean()
            key = form.instance.university_id, form.instance.agreement_type_id
            if key in seen:
                form.add_error("agreement_type", _("Another deal on this page has the same university and type."))
            seen.add(key)
        if not any(form.errors for form in agreement_forms):
            self.store_documents(agreement_forms)

    def store_documents(self, agreement_forms):
        try:
            store_files([document for form in agreement_forms for document in form.cleaned_data["documents"]])
        except FileStorageError as error:
            for form in agreement_forms:
                if error.document in form.cleaned_data["documents"]:
                    form.add_error("documents", error)

    def message_success(self, agreement_forms):
        super().message_success(agreement_forms)
        if ended := Agreement.objects.in_bulk([pk for form in agreement_forms for pk in form.ended_ids]).values():
            messages.success(self.request, format_html("{}: {}", _("Ended by a renewal"), agreement_links(ended)))
