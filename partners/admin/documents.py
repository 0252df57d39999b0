"""Documents: the inline of an agreement that withdraws and adds them, and their admin, with the download."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import filesizeformat
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.accounts.security_log import log_event
from partners.admin.document_fields import (
    FileStorageError,
    MultipleDocumentField,
    delete_files,
    reject_duplicates,
    reselect_message,
    store_files,
)
from partners.admin.document_uploads import AddDocumentsView
from partners.admin.optimistic_locking import OptimisticLockingInline
from partners.admin.optimistic_locking_forms import OptimisticLockingForm, OptimisticLockingFormSet
from partners.admin.removal import RemovalAdmin
from partners.file_types import MEDIA_TYPES
from partners.models import Agreement, Document
from partners.permissions import can_add_documents

DOWNLOAD_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Content-Encoding": "identity",
}
"""Uploaded files must not run scripts nor be sniffed. All file types are compressed already, hence no gzip."""


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
    """Any number of new documents of an agreement. Their files are stored before anything is saved."""

    added = MultipleDocumentField(
        label=gettext_lazy("Add documents"),
        required=False,
        help_text=format_lazy(
            gettext_lazy("PDF, DOCX, ODT, PNG or JPEG, up to {} MB each. You can choose several at once."),
            settings.DOCUMENT_MAX_MB,
        ),
    )
    stored = ()
    """Documents with a file in the storage, which are not saved yet."""

    def reject_known(self, agreement, restored=()):
        """Add an error for a document that the agreement has, or that is among the restored SHA-256 checksums."""
        documents = self.cleaned_data["added"] if self.is_valid() else []
        if not documents or not agreement.pk:
            return
        # The row lock keeps two requests from adding the same document.
        Agreement.objects.select_for_update().get(pk=agreement.pk)
        known = {*agreement.documents.active().values_list("sha256", flat=True), *restored}
        try:
            reject_duplicates(documents, known)
        except forms.ValidationError as error:
            self.add_error("added", error)

    def attach_to(self, agreement, user):
        for document in self.stored:
            document.attach_to(agreement, user, "added")


def store_uploads(forms, field_name="added"):
    """Store the files of all valid forms or none. A storage that fails is an error of the form whose file it was."""
    try:
        store_files([document for form in forms for document in form.cleaned_data[field_name]])
    except FileStorageError as error:
        next(form for form in forms if error.document in form.cleaned_data[field_name]).add_error(field_name, error)
    else:
        for form in forms:
            form.stored = form.cleaned_data[field_name]


def discard_uploads(forms, field_name="added"):
    """Delete the stored files, as the page is displayed again, and ask for the valid ones again."""
    for form in forms:
        delete_files(form.stored)
        if message := reselect_message(form, field_name):
            form.add_error(field_name, message)


class DocumentFormSet(OptimisticLockingFormSet):
    """Forms for the existing documents, and one upload form for any number of new ones."""

    can_add, user = False, None

    def __init__(self, data=None, files=None, **kwargs):
        super().__init__(data, files, **kwargs)
        self.upload_form = DocumentUploadForm(data, files, prefix=self.prefix)
        self.upload_form.fields["added"].disabled = not self.can_add
        self.upload_forms = [self.upload_form]

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
        super().clean()
        restored = [form.instance.sha256 for form in self.forms if not form.instance.is_withdrawn]
        self.upload_form.reject_known(self.instance, restored)
        if not any(self.errors):
            store_uploads(self.upload_forms)

    def save(self, commit=True):
        saved = super().save(commit)
        self.upload_form.attach_to(self.instance, self.user)
        self.new_objects += self.upload_form.stored
        return saved


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
        formset.can_add, formset.user = self.has_add_permission(request, obj), request.user
        return formset


@admin.register(Document)
class DocumentAdmin(RemovalAdmin):
    form = DocumentForm
    list_display = ["name", "agreement_link", "size_display", "added_at", "added_by_display"]
    list_filter = ["is_withdrawn", "file_type"]
    list_select_related = ["agreement__university", "agreement__agreement_type", "added_by"]
    search_fields = ["agreement__university__search_text"]
    search_help_text = gettext_lazy("File name, or the university by any of its names or its city.")
    ordering = ["-pk"]
    readonly_fields = [
        "file_link",
        "agreement_link",
        "file_type",
        "size_display",
        "added_at",
        "added_by_display",
        "sha256",
    ]
    fields = [*readonly_fields, "is_withdrawn"]

    def has_add_permission(self, request):
        return can_add_documents(request.user)

    def add_view(self, request, form_url="", extra_context=None):
        return AddDocumentsView.as_view(model_admin=self)(request)

    def get_urls(self):
        file = self.admin_site.admin_view(self.file_view)
        return [path("<int:pk>/file/", file, name="partners_document_file"), *super().get_urls()]

    def file_view(self, request, pk):
        agreements = self.admin_site.get_model_admin(Agreement)
        if not (self.has_view_permission(request) and agreements.has_view_permission(request)):
            raise PermissionDenied
        document = get_object_or_404(Document, pk=pk)
        try:
            file = document.file.open()
        except FileNotFoundError:
            message = _("The file of “%s” is not where it is kept. Ask for it to be restored from a backup.")
            messages.error(request, message % document)
            return redirect("admin:partners_document_change", pk)
        log_event("document_opened", request.user, request, document=pk)
        return FileResponse(
            file,
            as_attachment=True,
            filename=document.name,
            content_type=MEDIA_TYPES[document.file_type],
            headers=DOWNLOAD_HEADERS,
        )

    @admin.display(description=gettext_lazy("file"))
    def file_link(self, document):
        return _link("admin:partners_document_file", document)

    @admin.display(description=gettext_lazy("agreement"))
    def agreement_link(self, document):
        return _link("admin:partners_agreement_change", document.agreement)

    @admin.display(description=gettext_lazy("by"))
    def added_by_display(self, document):
        return document.added_by

    @admin.display(description=gettext_lazy("size"), ordering="size")
    def size_display(self, document):
        return filesizeformat(document.size)


def _link(url_name, obj):
    return format_html('<a href="{}"><bdi>{}</bdi></a>', reverse(url_name, args=[obj.pk]), obj)
