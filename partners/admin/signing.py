"""Marking agreements as signed."""

from django.contrib import messages
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.bulk_views import AgreementRowForm, BulkAgreementView, links
from partners.admin.date_fields import DateField
from partners.admin.document_fields import (
    FileStorageError,
    MultipleDocumentField,
    reject_duplicates,
    reselect_message,
    store_files,
)
from partners.admin.signature_forms import CONFIRMED, SignatureFormMixin
from partners.enums import AgreementStatus
from partners.models import Agreement

DATE_FIELDS = ["signed_on", "valid_from", "valid_until"]


class SignForm(SignatureFormMixin, AgreementRowForm):
    for_all = [*DATE_FIELDS, CONFIRMED]
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
        self.ended = list(self.instance.predecessors().values_list("pk", flat=True))
        self.instance.sign(self.cleaned_data["signed_on"])
        for document in self.cleaned_data["documents"]:
            document.add_to(self.instance, self.user, "added with the signature")

    def ask_for_files_again(self):
        if files := reselect_message(self, "documents"):
            self.add_error("documents", files)


class BulkSignView(BulkAgreementView):
    form = SignForm
    title = button = gettext_lazy("Mark as signed")
    note = gettext_lazy(
        "What is signed here ends the signed agreement of the same type, if there is one. "
        "Its own next step is emptied. "
        "A document is a PDF, DOCX, ODT, PNG or JPEG file; choose several at once if there are more."
    )
    done = gettext_lazy("Marked as signed")

    def get_eligible_queryset(self):
        return Agreement.objects.in_process()

    def rows(self, data):
        """With the types read once for all of the rows."""
        rows = super().rows(data)
        choices = list(rows[0].fields["agreement_type"].choices) if rows else []
        for form in rows:
            form.fields["agreement_type"].choices = choices
            form.user = self.request.user
        return rows

    def answer(self, rows):
        for form in rows:
            form.ask_for_files_again()
        return super().answer(rows)

    def line_on_top(self, rows):
        """Offer one box for all rows whose last day has passed, where it is the same."""
        line = super().line_on_top(rows)
        widgets = [form.fields["valid_until"].widget for form in rows]
        days = {widget.day_to_confirm for widget in widgets if widget.day_to_confirm}
        for cell in line:
            if cell and cell.name == "valid_until" and len(days) == 1:
                cell.field.widget.day_to_confirm = days.pop()
        return line

    def refuse(self, rows):
        """Of two deals of one type with one university, signing the second would end the first."""
        kinds = set()
        for form in rows:
            form.full_clean()
            kind = form.instance.university_id, form.instance.agreement_type_id
            if kind in kinds:
                form.add_error("agreement_type", _("Another deal on this page has the same university and type."))
            kinds.add(kind)
        if not any(form.errors for form in rows):
            self.keep_files(rows)

    def keep_files(self, rows):
        try:
            store_files([document for form in rows for document in form.cleaned_data["documents"]])
        except FileStorageError as error:
            for form in rows:
                if error.document in form.cleaned_data["documents"]:
                    form.add_error("documents", error)

    def tell(self, rows):
        super().tell(rows)
        if ended := Agreement.objects.in_bulk([pk for form in rows for pk in form.ended]).values():
            messages.success(self.request, format_html("{}: {}", _("Ended by a renewal"), links(ended)))
