"""Admin of runs: their changes, the file of an import, undo."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.accounts.security_log import log_event
from partners.admin.base import RegisterChangeList
from partners.models import Run
from partners.period_constraint import describe_integrity_error
from partners.permissions import can_open_imported_files, can_undo
from partners.runs.changes import count_changes, run_changes
from partners.runs.undo import plan_undo, undo

MAX_DISPLAYED_CHANGES = 200


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):
    list_display = [
        "action_display",
        "subject",
        "accepted_at",
        "user_display",
        "new_count",
        "changed_count",
        "unchanged_count",
        "undone_at",
    ]
    list_filter = ["action"]
    list_select_related = ["user"]
    list_per_page = 100
    date_hierarchy = "accepted_at"

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def get_queryset(self, request):
        return super().get_queryset(request).accepted().defer("content")

    def get_changelist(self, request, **kwargs):
        return RegisterChangeList

    @admin.display(description=gettext_lazy("action"), ordering="action")
    def action_display(self, run):
        return capfirst(run.get_action_display())

    @admin.display(description=gettext_lazy("file or number"), ordering="file_name")
    def subject(self, run):
        return run.subject

    @admin.display(description=gettext_lazy("by"), ordering="user__username")
    def user_display(self, run):
        return run.user or _("the command line")

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/undo/", view(self.undo_view), name="partners_run_undo"),
            path("<int:pk>/file/", view(self.file_view), name="partners_run_file"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self._get_run_or_404(request, object_id)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "original": run,
            "title": str(run),
            "changes": run_changes(run, MAX_DISPLAYED_CHANGES).all(),
            "count": count_changes(run),
            "can_undo": can_undo(request.user, run) and not run.undone_at,
            "can_open_file": can_open_imported_files(request.user),
        }
        return TemplateResponse(request, "admin/partners/run/change.html", context)

    def undo_view(self, request, pk):
        """Show a preview of the undo; on POST, undo."""
        run = self._get_run_or_404(request, pk)
        if not can_undo(request.user, run):
            raise PermissionDenied
        if not run.undone_at and request.method != "POST":
            context = self.admin_site.each_context(request) | {
                "opts": self.opts,
                "original": run,
                "title": _("Undo %s") % run,
                "plan": plan_undo(run),
            }
            return TemplateResponse(request, "admin/partners/run/undo.html", context)
        try:
            plan = undo(run, request.user)
        except IntegrityError as error:
            messages.error(request, f"{describe_integrity_error(error)} {_('Nothing was undone. Look at it again.')}")
            return redirect("admin:partners_run_undo", pk)
        if plan:
            log_event("run_undone", request.user, request, run=run.pk)
            counts = {"back": len(plan.revertible()), "left": len(plan.blocked())}
            messages.success(request, _("Undone: %(back)d put back, %(left)d left as they are.") % counts)
        else:
            messages.info(request, _("This run has been undone already."))
        return redirect("admin:partners_run_change", pk)

    def file_view(self, request, pk):
        if not can_open_imported_files(request.user):
            raise PermissionDenied
        run = self._get_run_or_404(request, pk)
        if not run.is_import:
            raise Http404
        log_event("import_file_opened", request.user, request, run=run.pk)
        headers = {"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff"}
        response = HttpResponse(bytes(run.content), headers=headers)
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=run.file_name)
        return response

    def _get_run_or_404(self, request, pk):
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = self.get_object(request, str(pk))
        if run is None:
            raise Http404
        return run
