"""Marking agreements as signed."""

from django.contrib import messages
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.agreement_rows import RowForm, RowsView, links
from partners.admin.date_fields import DateField
from partners.admin.document_fields import DocumentsField, NotKeptError, forgotten, keep, refuse_known
from partners.admin.signature_forms import CONFIRMED, SignatureFormMixin
from partners.models import Agreement
from partners.rules import Status

DAYS = ["signed_on", "valid_from", "valid_until"]


class SignForm(SignatureFormMixin, RowForm):
    for_all = [*DAYS, CONFIRMED]
    user = None
    documents = DocumentsField(label=gettext_lazy("documents"), help_text="")

    class Meta:
        model = Agreement
        fields = ["agreement_type", *DAYS]
        field_classes = dict.fromkeys(DAYS, DateField)

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, instance=instance, initial={"signed_on": localdate()}, **kwargs)
        self.fields["signed_on"].required = True
        self.fields["agreement_type"].disabled = instance.agreement_type_id is not None
        self.fields["agreement_type"].help_text = ""

    def is_being_signed(self):
        return True

    def clean_documents(self):
        documents = self.cleaned_data["documents"]
        refuse_known(documents, set(self.instance.documents.not_withdrawn().values_list("sha256", flat=True)))
        return documents

    def clean(self):
        self.instance.status = Status.SIGNED
        return super().clean()

    def save(self):
        self.ended = list(self.instance.predecessors().values_list("pk", flat=True))
        self.instance.sign(self.cleaned_data["signed_on"])
        for document in self.cleaned_data["documents"]:
            document.add_to(self.instance, self.user, "added with the signature")

    def ask_for_files_again(self):
        if files := forgotten(self, "documents"):
            self.add_error("documents", files)


class SigningView(RowsView):
    form = SignForm
    title = button = gettext_lazy("Mark as signed")
    note = gettext_lazy(
        "What is signed here ends the signed agreement of the same type, if there is one. "
        "Its own next step is emptied. "
        "A document is a PDF, DOCX, ODT, PNG or JPEG file; choose several at once if there are more."
    )
    done = gettext_lazy("Marked as signed")

    def may_be_done_to(self):
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
            keep([document for form in rows for document in form.cleaned_data["documents"]])
        except NotKeptError as error:
            for form in rows:
                if error.document in form.cleaned_data["documents"]:
                    form.add_error("documents", error)

    def tell(self, rows):
        super().tell(rows)
        if ended := Agreement.objects.in_bulk([pk for form in rows for pk in form.ended]).values():
            messages.success(self.request, format_html("{}: {}", _("Ended by a renewal"), links(ended)))
