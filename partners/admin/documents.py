"""The admin of documents, with a permission-checked download of their files."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import filesizeformat
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.accounts.security_log import log_event
from partners.admin.base import RegisterAdmin
from partners.admin.document_inline import DocumentForm
from partners.file_types import MEDIA_TYPES
from partners.models import Agreement, Document

DOWNLOAD_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Content-Encoding": "identity",
}
"""Uploaded files must not run scripts nor be sniffed. All file types are compressed already, hence no gzip."""


@admin.register(Document)
class DocumentAdmin(RegisterAdmin):
    form = DocumentForm
    list_display = ["name", "agreement_link", "size_display", "added_at", "added_by_display"]
    list_filter = ["is_withdrawn", "file_type"]
    list_select_related = ["agreement__university", "agreement__agreement_type", "added_by"]
    search_fields = ["agreement__university__search_text"]
    search_help_text = gettext_lazy("University, its other names and city, or country. Accents and case do not matter.")
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
        """Documents are added on the page of their agreement."""
        return False

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
