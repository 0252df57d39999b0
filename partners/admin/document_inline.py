"""The inline of an agreement's documents: withdraw existing ones, upload new ones."""

from django import forms
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
    added = MultipleDocumentField(label=_("Add documents"))


class DocumentFormSet(OptimisticLockingFormSet):
    """Forms for the existing documents, and one upload form for any number of new ones."""

    user = None
    can_add = False
    storage_error = None
    """The FileStorageError of an earlier attempt to save the same request, displayed at the file input."""

    def __init__(self, data=None, files=None, **kwargs):
        super().__init__(data, files, **kwargs)
        self.upload_form = DocumentUploadForm(data, files, prefix=self.prefix)
        self.upload_form.fields["added"].disabled = not self.can_add

    def total_form_count(self):
        return self.initial_form_count()

    def is_multipart(self):
        return self.can_add

    @property
    def errors(self):
        return [*super().errors, self.upload_form.errors]

    def is_valid(self):
        return super().is_valid() and not self.upload_form.errors

    def has_changed(self):
        return super().has_changed() or self.upload_form.has_changed()

    def clean(self):
        super().clean()
        documents = self.upload_form.is_valid() and self.upload_form.cleaned_data["added"]
        if documents and self.instance.pk:
            self._reject_duplicates(documents)
        if self.storage_error:
            self.upload_form.add_error("added", self.storage_error)

    def save(self, commit=True):
        store_files(self.upload_form.cleaned_data["added"])
        saved = super().save(commit)
        for document in self.upload_form.cleaned_data["added"]:
            document.attach_to(self.instance, self.user, "added")
            self.new_objects.append(document)
        return saved

    def reselect_message(self):
        return reselect_message(self.upload_form, "added")

    def _reject_duplicates(self, documents):
        """Add an error for known content. The row lock keeps two requests from adding the same document."""
        Agreement.objects.select_for_update().get(pk=self.instance.pk)
        known = set(self.instance.documents.active().values_list("sha256", flat=True))
        known.update(form.instance.sha256 for form in self.forms if not form.instance.is_withdrawn)
        try:
            reject_duplicates(documents, known)
        except forms.ValidationError as error:
            self.upload_form.add_error("added", error)


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

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.user, formset.can_add = request.user, self.has_add_permission(request, obj)
        formset.storage_error = getattr(request, "storage_error", None)
        return formset
