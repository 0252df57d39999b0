"""Bulk signing of agreements."""

from django.contrib import messages
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.bulk_views import AgreementRowForm, AgreementRowsView, agreement_links
from partners.admin.document_fields import (
    FileStorageError,
    MultipleDocumentField,
    reject_duplicates,
    reselect_message,
    store_files,
)
from partners.admin.form_fields import DateField
from partners.admin.signature_forms import CONFIRMATION_FIELD, SignatureFormMixin
from partners.enums import AgreementStatus
from partners.models import Agreement

DATE_FIELDS = ["signed_on", "valid_from", "valid_until"]


class SignForm(SignatureFormMixin, AgreementRowForm):
    shared_fields = [*DATE_FIELDS, CONFIRMATION_FIELD]
    documents = MultipleDocumentField(label=gettext_lazy("documents"), required=False)

    class Meta:
        model = Agreement
        fields = ["agreement_type", *DATE_FIELDS]
        field_classes = dict.fromkeys(DATE_FIELDS, DateField)
        help_texts = {"agreement_type": ""}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["signed_on"].required = True
        self.fields["agreement_type"].disabled = self.original.agreement_type_id is not None

    def clean_documents(self):
        documents = self.cleaned_data["documents"]
        reject_duplicates(documents, set(self.instance.documents.active().values_list("sha256", flat=True)))
        return documents

    def clean(self):
        self.cleaned_data["status"] = self.instance.status = AgreementStatus.SIGNED
        return super().clean()

    def save(self):
        self.instance.sign(self.cleaned_data["signed_on"])
        for document in self.cleaned_data["documents"]:
            document.attach_to(self.instance, self.user, "added with the signature")
        return self.instance


class BulkSignView(AgreementRowsView):
    name, action_name, action_label = "sign", "mark_selected_as_signed", gettext_lazy("Mark selected as signed")
    form, queryset, initial = SignForm, Agreement.objects.in_process(), {"signed_on": localdate}
    title = button = gettext_lazy("Mark as signed")
    note = gettext_lazy(
        "What is signed here ends the signed agreement of the same type, if there is one. "
        "Its own next step is emptied. "
        "A document is a PDF, DOCX, ODT, PNG or JPEG file; choose several at once if there are more."
    )
    success_message = gettext_lazy("Marked as signed")

    def build_forms(self, data=None, files=None):
        row_forms = super().build_forms(data, files)
        # The choices are evaluated once, not with a query in each form.
        choices = list(row_forms[0].fields["agreement_type"].choices) if row_forms else []
        for form in row_forms:
            form.fields["agreement_type"].choices = choices
        return row_forms

    def validate_rows(self, row_forms):
        """Reject a second agreement of the same university and type, as signing it would end the first.

        Store the documents if there is no error, else ask for them again.
        """
        seen = set()
        for form in row_forms:
            form.full_clean()
            key = form.instance.university_id, form.instance.agreement_type_id
            if key in seen:
                form.add_error("agreement_type", _("Another deal on this page has the same university and type."))
            seen.add(key)
        if not any(form.errors for form in row_forms):
            try:
                store_files([document for form in row_forms for document in form.cleaned_data["documents"]])
            except FileStorageError as error:
                form = next(form for form in row_forms if error.document in form.cleaned_data["documents"])
                form.add_error("documents", error)
        if any(form.errors for form in row_forms):
            for form in row_forms:
                if message := reselect_message(form, "documents"):
                    form.add_error("documents", message)

    def save_forms(self, row_forms):
        ended_ids = [
            pk for form in row_forms for pk in form.instance.signed_predecessors().values_list("pk", flat=True)
        ]
        super().save_forms(row_forms)
        if ended := Agreement.objects.in_bulk(ended_ids).values():
            messages.success(self.request, format_html("{}: {}", _("Ended by a renewal"), agreement_links(ended)))

    def shared_values_row(self, row_forms):
        """Add one confirmation checkbox if all past last days are the same day."""
        row = super().shared_values_row(row_forms)
        widgets = [form.fields["valid_until"].widget for form in row_forms]
        days = {widget.day_to_confirm for widget in widgets if widget.day_to_confirm}
        for field in row:
            if field and field.name == "valid_until" and len(days) == 1:
                field.field.widget.day_to_confirm = days.pop()
        return row
