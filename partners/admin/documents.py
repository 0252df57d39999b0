"""All documents, and their files for those who may see them."""

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
from partners.models import Agreement, Document

DOWNLOAD_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Content-Encoding": "identity",
}
"""Nothing in a document runs, is guessed at, or is packed once more: all kinds are packed already."""


@admin.register(Document)
class DocumentAdmin(RegisterAdmin):
    form = DocumentForm
    list_display = ["name", "of", "bytes", "added_at", "by"]
    list_filter = ["is_withdrawn", "kind"]
    list_select_related = ["agreement__university", "agreement__agreement_type", "added_by"]
    search_fields = ["agreement__university__search_text"]
    search_help_text = gettext_lazy("University, its other names and city, or country. Accents and case do not matter.")
    ordering = ["-pk"]
    fields = ["open", "of", "kind", "bytes", "added_at", "by", "sha256", "is_withdrawn"]
    readonly_fields = ["open", "of", "kind", "bytes", "added_at", "by", "sha256"]

    def has_add_permission(self, request):
        """They are added on the page of their agreement."""
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
        log_event("document opened", request.user, request, document=pk)
        return FileResponse(
            file, as_attachment=True, filename=document.name, content_type=document.media_type, headers=DOWNLOAD_HEADERS
        )

    @admin.display(description=gettext_lazy("file"))
    def open(self, document):
        return _link("admin:partners_document_file", document)

    @admin.display(description=gettext_lazy("agreement"))
    def of(self, document):
        return _link("admin:partners_agreement_change", document.agreement)

    @admin.display(description=gettext_lazy("by"))
    def by(self, document):
        return document.added_by

    @admin.display(description=gettext_lazy("size"), ordering="size")
    def bytes(self, document):
        return filesizeformat(document.size)


def _link(page, to):
    return format_html('<a href="{}"><bdi>{}</bdi></a>', reverse(page, args=[to.pk]), to)
