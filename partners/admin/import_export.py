"""Import of the tables of the register, based on the views of django-import-export."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from import_export.admin import ImportMixin

from partners.admin.export import RegisterExportAdmin
from partners.admin.import_answers import digest_answers, merge_answers
from partners.admin.import_forms import (
    ColumnsForm,
    ConfirmForm,
    ImportFileForm,
    ReadOptionsForm,
)
from partners.admin.import_preview import build_preview, iter_table
from partners.admin.object_history import can_view
from partners.history.change_log import ChangeLogQuery
from partners.history.entries import tracked_models
from partners.imports.choices import ImportChoices
from partners.imports.files import read_file
from partners.imports.formats import XLSX
from partners.imports.resources import MobilitiesResource, OfficeListResource, RegisterResource
from partners.models import Run
from partners.period_constraint import describe_integrity_error
from partners.permissions import can_import
from partners.tables.headers import HeaderError
from partners.tables.reading import ReadOptions
from partners.tables.types import TableError
from partners.tables.writing import write_sheets

MAX_REGISTER_CHANGES = 10
"""Changes of others that are listed if they change what an import does."""
RESOURCES = [OfficeListResource, RegisterResource, MobilitiesResource]


class UniversityImportExportAdmin(ImportMixin, RegisterExportAdmin):
    """The export, and an import with a preview that is confirmed, on the URLs of django-import-export."""

    resource_classes = RESOURCES
    import_template_name = "admin/partners/university/import.html"
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"

    def has_import_permission(self, request):
        return can_import(request.user)

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
        """Display the preview of a file that was chosen. POST stores the answers and turns to a page or searches."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        run = self._save_answers(request, token)
        if run.accepted_at:
            return redirect("admin:partners_run_change", run.pk)
        if request.method == "POST":
            query = urlencode({name: request.POST.get(name, "") for name in ("q", "page")})
            return redirect(f"{request.path}?{query}#preview")
        return self._preview(request, run)

    def download_preview(self, request, token):
        """Return the whole preview as XLSX, for a colleague, with the answers that are posted.

        They are not stored, as the page that stays open confirms those that it was displayed with.
        """
        if not self.has_import_permission(request):
            raise PermissionDenied
        run = get_object_or_404(Run, token=token)
        if run.accepted_at:
            return redirect("admin:partners_run_change", run.pk)
        run.choices = merge_answers(ImportChoices.from_json(run.choices), request.POST).to_json()
        try:
            _table, result = self._dry_run(run)
        except HeaderError:
            return redirect("admin:partners_university_import_preview", token)
        content = write_sheets({_("Preview"): iter_table(result)}, "xlsx")
        headers = {"Content-Disposition": 'attachment; filename="preview.xlsx"'}
        return HttpResponse(content, XLSX.content_type, headers=headers)

    def _save_answers(self, request, token):
        """Return the run, with the answers that are posted, if any. Those of a run that is done stay."""
        if request.method != "POST":
            return get_object_or_404(Run, token=token)
        with transaction.atomic():
            run = get_object_or_404(Run.objects.select_for_update(), token=token)
            if not run.accepted_at:
                run.choices = merge_answers(ImportChoices.from_json(run.choices), request.POST).to_json()
                run.save(update_fields=["choices"])
        return run

    def _dry_run(self, run):
        """Return the table of the run's file and what an import of it would do. Raise TableError."""
        resource, table = read_file(bytes(run.content), options=ReadOptions(**run.read_options))
        choices = ImportChoices.from_json(run.choices)
        return table, resource().import_data(table, on=localdate(), dry_run=True, choices=choices)

    def _preview(self, request, run, **context):
        """Display what an import of the run's file would do, or ask which column is which. Raise TableError."""
        try:
            table, result = self._dry_run(run)
        except HeaderError as error:
            return self._render_columns(request, run, ColumnsForm(error))
        choices = ImportChoices.from_json(run.choices)
        guess = {"encoding": table.encoding_guess.encoding} if table.encoding_guess else {}
        options_form = ReadOptionsForm(initial=run.read_options | guess)
        for name in list(options_form.fields):
            if not options_form.initial.get(name) and name not in result.offered_options:
                del options_form.fields[name]
        digests = {"digest": result.digest, "answers": digest_answers(choices)}
        confirm_form = ConfirmForm(initial={"import_file_name": run.token} | digests)
        context |= {
            "run": run,
            "result": result,
            "preview": build_preview(result, choices, request.GET.get("q", ""), request.GET.get("page")),
            "is_answer_missing": "unanswered" in request.GET,
            "options_form": options_form,
            "confirm_form": None if result.has_validation_errors() else confirm_form,
        }
        return self._render_import(request, ImportFileForm(), **context)

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
        is_current = run.accepted_at or form.cleaned_data["answers"] == digest_answers(
            ImportChoices.from_json(run.choices)
        )
        run = self._save_answers(request, run.token)
        if is_current:
            return self._import(request, run, form)
        messages.warning(request, _("Other answers were given in another window: look at them again."))
        return self._preview(request, run)

    def _import(self, request, run, form):
        try:
            # Read before the transaction, as its lock makes all other writers wait.
            resource, table = read_file(bytes(run.content), options=ReadOptions(**run.read_options))
            result = self._import_once(request, run, resource(), table, form.cleaned_data["digest"])
        except TableError:
            messages.warning(request, _("The preview was incomplete. Choose the file again."))
            return redirect("admin:partners_university_import")
        except IntegrityError as error:
            messages.warning(request, f"{describe_integrity_error(error)} {_('Look at the preview again.')}")
            return redirect("admin:partners_university_import_preview", run.token)
        if result is None:
            messages.info(request, _("This file has been imported already. This is what the import did."))
        elif result.is_applied:
            messages.success(request, format_html(_("Imported {}: {}."), run.file_name, result.counts()))
        else:
            return self._preview_again(request, run, result, form)
        return redirect("admin:partners_run_change", run.pk)

    @transaction.atomic
    def _import_once(self, request, run, resource, table, digest):
        """Return the result of the import, or None if it has been done before."""
        locked_run = Run.objects.select_for_update().get(pk=run.pk)
        if locked_run.accepted_at:
            return None
        locked_run.user = request.user
        choices = ImportChoices.from_json(run.choices)
        return resource.import_data(table, on=localdate(), run=locked_run, choices=choices, digest=digest)

    def _preview_again(self, request, run, result, form):
        """Display the preview by now, and say why nothing was imported."""
        if result.digest != form.cleaned_data["digest"]:
            messages.warning(request, _("The register has changed since the preview: look at it again."))
            models = [model for model in tracked_models() if can_view(self.admin_site, request, model)]
            log = ChangeLogQuery(models, since=run.uploaded_at)
            return self._preview(request, run, register_changes=log.load(log.rows()[:MAX_REGISTER_CHANGES]))
        if result.waiting:
            messages.error(request, _("Nothing is imported yet. Answer the questions that are marked."))
            url = reverse("admin:partners_university_import_preview", args=[run.token])
            return redirect(f"{url}?unanswered=1#question-{result.waiting[0].line}")
        messages.info(request, _("With these answers there is nothing to import."))
        return self._preview(request, run)

    def _render_import(self, request, form, **context):
        context |= self.admin_site.each_context(request) | {
            "title": _("Import"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
        }
        return TemplateResponse(request, self.import_template_name, context)
