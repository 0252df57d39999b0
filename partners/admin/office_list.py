"""Importing and exporting the office's list, with django-import-export's screens."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from import_export.admin import ImportExportMixin
from import_export.forms import ExportForm

from partners.interchange.formats import EXPORTS, TableFile
from partners.interchange.resources import OfficeListResource
from partners.interchange.records import TableError


class OfficeListMixin(ImportExportMixin):
    resource_classes = [OfficeListResource]
    import_formats = [TableFile]
    export_formats = EXPORTS
    export_form_class = ExportForm
    import_template_name = "admin/partners/university/import.html"
    skip_admin_log = True

    def add_data_read_fail_error_to_form(self, form, e):
        if not isinstance(e, TableError):
            raise e
        form.add_error("import_file", str(e))

    def process_import(self, request, **kwargs):
        try:
            return super().process_import(request, **kwargs)
        except FileNotFoundError:
            messages.warning(request, _("This file has been imported already, or was uploaded too long ago."))
            return redirect("admin:partners_university_changelist")

    def process_result(self, result, request):
        if result.has_validation_errors():
            messages.error(request, _("Nothing was imported, since the register has changed: %s") % result.counts())
            return redirect("admin:partners_university_import")
        return super().process_result(result, request)

    def add_success_message(self, result, request):
        messages.success(request, _("Imported: %s.") % result.counts())
