"""Export of the register and of its lists, based on the views of django-import-export."""

from itertools import chain
from urllib.parse import parse_qsl

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from import_export.admin import ExportActionMixin

from partners.accounts.security_log import log_event
from partners.admin.import_forms import RegisterExportForm
from partners.admin.saved_views import SavedViewsAdmin, build_query
from partners.imports.formats import EXPORT_FORMATS
from partners.permissions import can_export

MAX_FILE_NAME_LENGTH = 100
"""Characters, without the day and the extension."""


class RegisterExportAdmin(ExportActionMixin, SavedViewsAdmin):
    export_formats = EXPORT_FORMATS
    export_form_class = RegisterExportForm
    show_change_form_export = False

    def has_export_permission(self, request):
        return can_export(request.user)

    def export_admin_action(self, request, queryset):
        """Export by filters if all pages are selected, as so many ids would exceed the limit of form fields."""
        if request.POST.get("select_across") == "1":
            return redirect(f"{reverse(f'admin:partners_{self.opts.model_name}_export')}?{request.GET.urlencode()}")
        return super().export_admin_action(request, queryset)

    def get_export_data(self, file_format, request, queryset, **kwargs):
        log_event("exported", request.user, request, format=file_format.get_extension())
        return super().get_export_data(file_format, request, queryset, **kwargs)

    def get_data_for_export(self, request, queryset, export_form=None, **kwargs):
        """Return the rows of each sheet, instead of a dataset."""
        resource_class = self.choose_export_resource_class(export_form, request)
        return resource_class(**self.get_export_resource_kwargs(request)).export_sheets(queryset)

    def export_action(self, request):
        try:
            return super().export_action(request)
        except IncorrectLookupParameters:
            message = _("The list cannot be filtered as the address says. Choose a filter here, then export.")
            messages.warning(request, message)
            return redirect(f"admin:partners_{self.opts.model_name}_changelist")

    def get_export_queryset(self, request):
        """Drop the prefetches of the changelist, which the export does not need."""
        return super().get_export_queryset(request).prefetch_related(None)

    def get_export_filename(self, request, queryset, file_format):
        """Return a name such as “agreements-type-erasmus-2026-11-28.xlsx”, of the saved view or the list's filters."""
        query = build_query(request.GET)
        if "export_items" in request.POST:
            content = _("selected")
        elif view := self.get_saved_views(request).filter(query=query).first():
            content = view.name
        else:
            filters = [(name.removesuffix("__exact"), value) for name, value in parse_qsl(query) if name != ORDER_VAR]
            content = " ".join(chain.from_iterable(filters))
        name = slugify(f"{self.opts.verbose_name_plural} {content}")[:MAX_FILE_NAME_LENGTH].strip("-")
        return f"{name}-{localdate():%Y-%m-%d}.{file_format.get_extension()}"

    def get_valid_export_item_pks(self, request):
        return self.get_queryset(request).values_list("pk", flat=True)
