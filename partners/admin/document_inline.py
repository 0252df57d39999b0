"""The inline of an agreement's documents: withdraw existing ones, upload new ones."""

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from partners.admin.document_fields import MultipleDocumentField, reject_duplicates, reselect_message, store_files
from partners.admin.optimistic_locking import OptimisticLockingInline
from partners.admin.optimistic_locking_forms import OptimisticLockingForm, OptimisticLockingFormSet
from partners.models import Agreement, Document


class DocumentForm(OptimisticLockingForm):
    def validate_unique(self):
        """Validate constraints without excluding the fields that the form does not have."""
        try:
            self.instance.validate_constraints()
        except forms.ValidationError as error:
            self.add_error("is_withdrawn", error.messages)

    def save(self, commit=True):
        self.instance._change_reason = "withdrawn" if self.instance.is_withdrawn else "no longer withdrawn"
        return super().save(commit)


class DocumentUploadForm(forms.Form):
    added = MultipleDocumentField(
        label=_("Add documents"),
        required=False,
        help_text=format_lazy(
            _("PDF, DOCX, ODT, PNG or JPEG, up to {} MB each. You can choose several at once."),
            settings.DOCUMENT_MAX_MB,
        ),
    )


class DocumentFormSet(OptimisticLockingFormSet):
    """Forms for the existing documents, and one upload form for any number of new ones."""

    def __init__(self, data=None, files=None, *, user=None, can_add=False, **kwargs):
        super().__init__(data, files, **kwargs)
        self.user, self.can_add, self.stored = user, can_add, []
        self.upload_form = DocumentUploadForm(data, files, prefix=self.prefix)
        self.upload_form.fields["added"].disabled = not can_add

    def total_form_count(self):
        return self.initial_form_count()

    def is_multipart(self):
        return self.can_add

    @property
    def errors(self):
        return [*super().errors, self.upload_form.errors]

    def is_valid(self):
        return super().is_valid() and not self.upload_form.errors

    def clean(self):
        """Store the files of new documents, so that a storage that fails is an error of the upload form."""
        super().clean()
        documents = self.upload_form.cleaned_data["added"] if self.upload_form.is_valid() else []
        try:
            if documents and self.instance.pk:
                # The row lock keeps two requests from adding the same document.
                Agreement.objects.select_for_update().get(pk=self.instance.pk)
                known = set(self.instance.documents.active().values_list("sha256", flat=True))
                known.update(form.instance.sha256 for form in self.forms if not form.instance.is_withdrawn)
                reject_duplicates(documents, known)
            if not any(self.errors):
                store_files(documents)
                self.stored = documents
        except forms.ValidationError as error:
            self.upload_form.add_error("added", error)

    def delete_stored_files(self):
        """Undo the storing of the files, as the form is not saved."""
        for document in self.stored:
            document.file.storage.delete(document.file.name)

    def save(self, commit=True):
        saved = super().save(commit)
        for document in self.stored:
            document.attach_to(self.instance, self.user, "added")
            self.new_objects.append(document)
        return saved

    def reselect_message(self):
        return reselect_message(self.upload_form, "added")


class DocumentInline(OptimisticLockingInline):
    model = Document
    form = DocumentForm
    formset = DocumentFormSet
    fields = ["is_withdrawn"]
    template = "admin/partners/agreement/documents.html"
    extra = 0
    can_delete = False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("added_by")
