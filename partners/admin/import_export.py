"""Import and export of the tables of the register, based on the views of django-import-export."""

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from import_export.admin import ExportActionMixin, ImportMixin

from partners.accounts.security_log import log_event
from partners.admin.base import RegisterAdmin
from partners.admin.import_forms import (
    ColumnsForm,
    ConfirmForm,
    ImportFileForm,
    ReadOptionsForm,
    RegisterExportForm,
)
from partners.admin.import_preview import build_sections, iter_table
from partners.imports.files import read_file
from partners.imports.formats import EXPORT_FORMATS, XLSX
from partners.imports.resources import MobilitiesResource, OfficeListResource, RegisterResource
from partners.models import Run
from partners.period_constraint import describe_integrity_error
from partners.permissions import can_export, can_import
from partners.tables.headers import HeaderError
from partners.tables.reading import ReadOptions
from partners.tables.types import TableError
from partners.tables.writing import write_sheets

RESOURCES = [OfficeListResource, RegisterResource, MobilitiesResource]


class UniversityImportExportAdmin(ImportMixin, ExportActionMixin, RegisterAdmin):
    """The export of django-import-export, and an import with a preview that is confirmed, on the same URLs."""

    resource_classes = RESOURCES
    export_formats = EXPORT_FORMATS
    export_form_class = RegisterExportForm
    import_template_name = "admin/partners/university/import.html"
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    show_change_form_export = False

    def has_import_permission(self, request):
        return can_import(request.user)

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

    def get_urls(self):
        view = self.admin_site.admin_view
        urls = [
            path("import/columns/<uuid:token>/", view(self.assign_columns), name="partners_university_import_columns"),
            path("import/options/<uuid:token>/", view(self.change_options), name="partners_university_import_options"),
            path("import/preview/<uuid:token>/", view(self.preview_view), name="partners_university_import_preview"),
            path("import/xlsx/<uuid:token>/", view(self.download_preview), name="partners_university_import_xlsx"),
            path("import/template/<str:kind>/", view(self.download_template), name="partners_university_template"),
        ]
        return urls + super().get_urls()

    def download_template(self, request, kind):
        """Return an empty list, or register with mobilities, as XLSX, to fill in."""
        # Imported lazily, as the writer takes long to import.
        from partners.imports.table_templates import TEMPLATES, write_template

        if not self.has_import_permission(request):
            raise PermissionDenied
        if kind not in TEMPLATES:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="{kind}-template.xlsx"'}
        return HttpResponse(write_template(TEMPLATES[kind]), XLSX.content_type, headers=headers)

    def import_action(self, request):
        """Display the upload form. POST displays a preview of the import, with a form to confirm it."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = ImportFileForm(request.POST or None, request.FILES or None)
        if not form.is_valid():
            return self._render_import(request, form)
        try:
            return self._preview(request, form.run)
        except TableError as error:
            form.run.delete()
            form.add_error("import_file", str(error))
            return self._render_import(request, form)

    def assign_columns(self, request, token):
        """Display the question which header each column has. POST displays a preview, or the question again."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        run = get_object_or_404(Run, token=token, accepted_at=None)
        run.read_options["columns"] = {}
        try:
            read_file(bytes(run.content), options=ReadOptions(**run.read_options))
        except HeaderError as error:
            form = ColumnsForm(error, request.POST or None)
            if not form.is_valid():
                return self._render_columns(request, run, form)
            run.read_options["columns"] = form.assigned
            try:
                preview = self._preview(request, run)
            except TableError as refusal:
                form.add_error(None, str(refusal))
                return self._render_columns(request, run, form)
            run.save(update_fields=["read_options"])
            return preview
        return self._preview(request, run)

    def change_options(self, request, token):
        """Display the preview of a file that was chosen. POST reads the file in another way, if it can be read so."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        run = get_object_or_404(Run, token=token, accepted_at=None)
        form = ReadOptionsForm(request.POST or None, initial=run.read_options)
        if form.is_valid():
            previous = run.read_options
            run.read_options = previous | {name: form.cleaned_data[name] for name in form.changed_data}
            try:
                preview = self._preview(request, run)
            except TableError as error:
                messages.error(request, str(error))
                run.read_options = previous
            else:
                run.save(update_fields=["read_options"])
                return preview
        return self._preview(request, run)

    def preview_view(self, request, token):
        """Display the preview of a file that was chosen, with the lines that the search finds."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        run = get_object_or_404(Run, token=token)
        if run.accepted_at:
            return redirect("admin:partners_run_change", run.pk)
        return self._preview(request, run)

    def download_preview(self, request, token):
        """Return the whole preview as XLSX, for a colleague."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        run = get_object_or_404(Run, token=token, accepted_at=None)
        try:
            _table, result = self._dry_run(run)
        except HeaderError:
            return redirect("admin:partners_university_import_preview", token)
        content = write_sheets({_("Preview"): iter_table(result)}, "xlsx")
        headers = {"Content-Disposition": 'attachment; filename="preview.xlsx"'}
        return HttpResponse(content, XLSX.content_type, headers=headers)

    def _dry_run(self, run):
        """Return the table of the run's file and what an import of it would do. Raise TableError."""
        resource, table = read_file(bytes(run.content), options=ReadOptions(**run.read_options))
        return table, resource().import_data(table, on=localdate(), dry_run=True)

    def _preview(self, request, run):
        """Display what an import of the run's file would do, or ask which column is which. Raise TableError."""
        try:
            table, result = self._dry_run(run)
        except HeaderError as error:
            return self._render_columns(request, run, ColumnsForm(error))
        confirm_form = ConfirmForm(initial={"import_file_name": run.token})
        guess = {"encoding": table.encoding_guess.encoding} if table.encoding_guess else {}
        options_form = ReadOptionsForm(initial=run.read_options | guess)
        for name in list(options_form.fields):
            if not options_form.initial.get(name) and name not in result.offered_options:
                del options_form.fields[name]
        return self._render_import(request, ImportFileForm(), result, confirm_form, run=run, options_form=options_form)

    def _render_columns(self, request, run, form):
        context = self.admin_site.each_context(request) | {
            "title": _("Which column is which?"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "run": run,
        }
        return TemplateResponse(request, "admin/partners/university/columns.html", context)

    @method_decorator(require_POST)
    def process_import(self, request):
        """Import the previewed file once. If its changes differ from the preview by now, show a new preview instead."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            messages.warning(request, _("The preview was incomplete. Choose the file again."))
            return redirect("admin:partners_university_import")
        run = get_object_or_404(Run, token=form.cleaned_data["import_file_name"])
        try:
            # Read before the transaction, as its lock makes all other writers wait.
            resource, table = read_file(bytes(run.content), options=ReadOptions(**run.read_options))
            return self._import(request, form, resource(), table)
        except TableError:
            messages.warning(request, _("The preview was incomplete. Choose the file again."))
        except IntegrityError as error:
            messages.warning(request, f"{describe_integrity_error(error)} {_('Choose the file again.')}")
        return redirect("admin:partners_university_import")

    @transaction.atomic
    def _import(self, request, form, resource, table):
        run = Run.objects.select_for_update().get(token=form.cleaned_data["import_file_name"])
        if run.accepted_at:
            messages.info(request, _("This file has been imported already. This is what the import did."))
            return redirect("admin:partners_run_change", run.pk)
        run.user = request.user
        result = resource.import_data(table, on=localdate(), run=run, digest=form.cleaned_data["digest"])
        if not result.is_applied:
            messages.warning(request, _("The register has changed since the preview: look at it again."))
            return self._render_import(request, ImportFileForm(), result, form, run=run)
        messages.success(request, format_html(_("Imported {}: {}."), run.file_name, result.counts()))
        return redirect("admin:partners_run_change", run.pk)

    def _render_import(self, request, form, result=None, confirm_form=None, **context):
        context |= self.admin_site.each_context(request) | {
            "title": _("Import"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "result": result,
            "sections": build_sections(result, request.GET.get("q", "")) if result else [],
            "query": request.GET.get("q", ""),
            "confirm_form": None if result and result.has_validation_errors() else confirm_form,
        }
        return TemplateResponse(request, self.import_template_name, context)
