"""Import and export of the office's list and the register, based on the views of django-import-export."""

import logging

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from import_export.admin import ExportActionMixin, ImportMixin
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm
from import_export.tmp_storages import BaseStorage

from exchange.error_views import is_disk_full
from partners.accounts.security_log import log_event
from partners.admin.document_fields import error_text
from partners.imports.formats import EXPORT_FORMATS, AnyTableFormat
from partners.imports.resources import OfficeListResource, RegisterResource
from partners.models import ImportRun
from partners.permissions import can_export, can_import
from partners.tables.types import TableError

logger = logging.getLogger(__name__)
STORAGE_FULL_MESSAGE = gettext_lazy(
    "The server could not keep the file (%s). Nothing is imported. "
    "Tell whoever looks after the server, and choose the file again after that."
)


class ImportRunStorage(BaseStorage):
    """Store an upload as an unconfirmed import run.

    read() raises the error of save(), since django-import-export shows only errors of read() at the form.
    """

    def save(self, upload):
        run = ImportRun.from_upload(upload.content, file_name=upload.name)
        self.name, self.table, self.error = str(run.token), upload.table, None
        try:
            with transaction.atomic():
                ImportRun.objects.expired_unconfirmed().delete()
                run.save()
        except OperationalError as error:
            self.error = error

    def read(self):
        if self.error:
            raise self.error
        return self.table


class RegisterExportForm(ExportForm):
    def __init__(self, formats, resources, **kwargs):
        super().__init__(formats, resources, **kwargs)
        self.fields["resource"].label = _("What to export")
        self.fields["format"].choices = self.fields["format"].choices[1:]


class RegisterImportForm(ImportForm):
    """Upload form that parses the file with the selected resource and sets ``content`` and ``table`` on it."""

    def __init__(self, formats, resources, **kwargs):
        super().__init__(formats, resources, **kwargs)
        self.resources = resources
        self.fields["resource"].label = _("What it is")
        self.fields["resource"].required = False

    def clean(self):
        upload, selected = self.cleaned_data.get("import_file"), self.cleaned_data.get("resource")
        if upload is not None and selected is not None:
            self._read(upload, self.resources[int(selected or 0)])
        return self.cleaned_data

    def _read(self, upload, resource):
        try:
            upload.content = upload.read()
            upload.table = resource.read(upload.content)
        except TableError as error:
            self.add_error("import_file", str(error))
        except OSError as error:
            self.add_error("import_file", STORAGE_FULL_MESSAGE % error_text(error))


class ConfirmForm(ConfirmImportForm):
    import_file_name = forms.UUIDField(widget=forms.HiddenInput)
    resource = forms.ChoiceField(widget=forms.HiddenInput, required=False)
    digest = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["resource"].choices = [
            (str(index), "") for index in range(len(RegisterImportExportMixin.resource_classes))
        ]

    def clean_import_file_name(self):
        return self.cleaned_data["import_file_name"]


class RegisterImportExportMixin(ImportMixin, ExportActionMixin):
    resource_classes = [OfficeListResource, RegisterResource]
    import_formats = [AnyTableFormat]
    export_formats = EXPORT_FORMATS
    export_form_class = RegisterExportForm
    import_form_class = RegisterImportForm
    confirm_form_class = ConfirmForm
    import_template_name = "admin/partners/university/import.html"
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    show_change_form_export = False

    def has_import_permission(self, request):
        return can_import(request.user)

    def has_export_permission(self, request):
        return can_export(request.user)

    def write_to_tmp_storage(self, import_file, input_format):
        storage = ImportRunStorage()
        storage.save(import_file)
        return storage

    def add_data_read_fail_error_to_form(self, form, e):
        if not is_disk_full(e):
            raise e
        logger.error("An upload cannot be stored: %s", e)
        form.add_error("import_file", STORAGE_FULL_MESSAGE % _("the disk of its database is full"))

    def export_admin_action(self, request, queryset):
        """Export by filters if all pages are selected, as so many ids would exceed the limit of form fields."""
        if request.POST.get("select_across") == "1":
            return redirect(f"{reverse('admin:partners_university_export')}?{request.GET.urlencode()}")
        return super().export_admin_action(request, queryset)

    def get_export_data(self, file_format, request, queryset, **kwargs):
        log_event("exported", request.user, request, format=file_format.get_extension())
        return super().get_export_data(file_format, request, queryset, **kwargs)

    def export_action(self, request):
        try:
            return super().export_action(request)
        except IncorrectLookupParameters:
            message = _("The list cannot be filtered as the address says. Choose a filter here, then export.")
            messages.warning(request, message)
            return redirect("admin:partners_university_changelist")

    def get_export_queryset(self, request):
        """Drop the prefetches of the changelist, which the export does not need."""
        return super().get_export_queryset(request).prefetch_related(None)

    def get_valid_export_item_pks(self, request):
        return self.get_queryset(request).values_list("pk", flat=True)

    @method_decorator(require_POST)
    def process_import(self, request, **kwargs):
        """Import the previewed file once. If its changes differ from the preview by now, show a new preview instead."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = self.create_confirm_form(request)
        if not form.is_valid():
            messages.warning(request, _("The preview was incomplete. Choose the file again."))
            return redirect("admin:partners_university_import")
        run = get_object_or_404(ImportRun, token=form.cleaned_data["import_file_name"])
        resource = self.choose_import_resource_class(form, request)()
        try:
            # Parse before the transaction, as its lock makes all other writers wait.
            table = resource.read(bytes(run.content))
            return self._confirm(request, form, resource, table)
        except TableError:
            # The posted resource does not match the file.
            messages.warning(request, _("The preview was incomplete. Choose the file again."))
            return redirect("admin:partners_university_import")
        except IntegrityError:
            messages.warning(request, _("Somebody changed the register in the same moment. Choose the file again."))
            return redirect("admin:partners_university_import")

    @transaction.atomic
    def _confirm(self, request, form, resource, table):
        run = ImportRun.objects.select_for_update().get(token=form.cleaned_data["import_file_name"])
        if run.accepted_at:
            messages.info(request, _("This file has been imported already. This is what the import did."))
            return redirect("admin:partners_importrun_change", run.pk)
        run.user = request.user
        result = resource.import_data(table, run=run, digest=form.cleaned_data["digest"])
        if not result.is_applied:
            messages.warning(request, _("The register has changed since the preview: look at it again."))
            return TemplateResponse(request, self.import_template_name, self._preview_context(request, form, result))
        messages.success(request, format_html(_("Imported {}: {}."), run.file_name, result.counts()))
        return redirect("admin:partners_importrun_change", run.pk)

    def _preview_context(self, request, form, result):
        return self.admin_site.each_context(request) | {
            "title": _("Import"),
            "opts": self.opts,
            "media": self.media,
            "result": result,
            "confirm_form": None if result.has_validation_errors() else form,
            "form": self.get_import_form_class(request)([AnyTableFormat], self.resource_classes),
        }
