"""The documents on the page of their agreement."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from partners.admin.document_fields import MultipleDocumentField, reject_duplicates, reselect_message, store_files
from partners.admin.optimistic_locking import OptimisticLockingInline
from partners.admin.optimistic_locking_forms import OptimisticLockingForm, OptimisticLockingFormSet
from partners.models import Agreement, Document


class DocumentForm(OptimisticLockingForm):
    def validate_unique(self):
        """By the fields that the form does not have, too."""
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
    """The documents that are there, each of which can be withdrawn, and any number of new ones."""

    user = None
    may_add = False
    not_kept = None
    """Why the files could not be kept when the same form was about to be saved."""

    def __init__(self, data=None, files=None, **kwargs):
        super().__init__(data, files, **kwargs)
        self.adding = DocumentUploadForm(data, files, prefix=self.prefix)
        self.adding.fields["added"].disabled = not self.may_add

    def total_form_count(self):
        return self.initial_form_count()

    def is_multipart(self):
        return self.may_add

    @property
    def errors(self):
        return [*super().errors, self.adding.errors]

    def is_valid(self):
        return super().is_valid() and not self.adding.errors

    def has_changed(self):
        return super().has_changed() or self.adding.has_changed()

    def clean(self):
        super().clean()
        documents = self.adding.is_valid() and self.adding.cleaned_data["added"]
        if documents and self.instance.pk:
            self._refuse_known(documents)
        if self.not_kept:
            self.adding.add_error("added", self.not_kept)

    def save(self, commit=True):
        store_files(self.adding.cleaned_data["added"])
        saved = super().save(commit)
        for document in self.adding.cleaned_data["added"]:
            document.add_to(self.instance, self.user, "added")
            self.new_objects.append(document)
        return saved

    def forgotten(self):
        return reselect_message(self.adding, "added")

    def _refuse_known(self, documents):
        """One by one for each agreement, so that two people do not add the same."""
        Agreement.objects.select_for_update().get(pk=self.instance.pk)
        known = set(self.instance.documents.active().values_list("sha256", flat=True))
        known.update(form.instance.sha256 for form in self.forms if not form.instance.is_withdrawn)
        try:
            reject_duplicates(documents, known)
        except forms.ValidationError as error:
            self.adding.add_error("added", error)


class DocumentInline(OptimisticLockingInline, admin.TabularInline):
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
        formset.user, formset.may_add = request.user, self.has_add_permission(request, obj)
        formset.not_kept = getattr(request, "not_kept", None)
        return formset
