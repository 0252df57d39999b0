"""Export of the tables of the register, based on the views of django-import-export."""

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from import_export.admin import ExportActionMixin

from partners.accounts.security_log import log_event
from partners.admin.base import RegisterAdmin
from partners.admin.import_forms import RegisterExportForm
from partners.imports.formats import EXPORT_FORMATS
from partners.permissions import can_export


class UniversityExportAdmin(ExportActionMixin, RegisterAdmin):
    export_formats = EXPORT_FORMATS
    export_form_class = RegisterExportForm
    show_change_form_export = False

    def has_export_permission(self, request):
        return can_export(request.user)

    def export_admin_action(self, request, queryset):
        """Export by filters if all pages are selected, as so many ids would exceed the limit of form fields."""
        if request.POST.get("select_across") == "1":
            return redirect(f"{reverse('admin:partners_university_export')}?{request.GET.urlencode()}")
        return super().export_admin_action(request, queryset)

    def get_export_data(self, file_format, request, queryset, **kwargs):
        log_event("exported", request.user, request, format=file_format.get_extension())
        return super().get_export_data(file_format, request, queryset, **kwargs)

    def get_data_for_export(self, request, queryset, export_form=None, **kwargs):
        """Return the rows of each sheet, instead of a dataset."""
        return self.choose_export_resource_class(export_form, request)().export_sheets(queryset)

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
