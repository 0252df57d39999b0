"""Screens on which nobody overwrites anybody."""

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from partners.admin.conflict_report import build_conflicts, deleted_conflict
from partners.admin.date_fields import DATE_OVERRIDES
from partners.admin.optimistic_locking_forms import (
    OptimisticLockingForm,
    OptimisticLockingFormSet,
    parse_versions,
    serialize_versions,
)
from partners.history.concurrent_changes import ConcurrentChanges, annotate_version
from partners.history.related_objects import latest_records


class OptimisticLockingInline:
    """Reads its objects with their versions."""

    formset = OptimisticLockingFormSet
    formfield_overrides = DATE_OVERRIDES

    def get_queryset(self, request):
        return annotate_version(super().get_queryset(request))


class OptimisticLockingAdmin:
    """Carries the versions of what a page shows, and looks at them again under a lock when it is saved."""

    form = OptimisticLockingForm

    def get_queryset(self, request):
        """The page of one object reads its version with it."""
        queryset = super().get_queryset(request)
        return annotate_version(queryset) if "object_id" in request.resolver_match.kwargs else queryset

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            return self._save(request, object_id, form_url, extra_context)
        except IntegrityError:
            # Somebody was faster by a moment. By now the form sees what is in its way.
            return self._save(request, object_id, form_url, extra_context)

    @transaction.atomic
    def delete_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, unquote(object_id)) if self._lock(request, object_id) else None
        shown = parse_versions(request.POST, self.model) or {}
        if obj and shown.get(obj.pk, obj.version) != obj.version:
            messages.warning(request, _("A colleague has changed it in the meantime. Look at it again."))
            return redirect(request.get_full_path())
        context = {"versions": serialize_versions([obj] if obj else [])}
        return super().delete_view(request, object_id, context | (extra_context or {}))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj:
            form = context["adminform"].form
            formsets = optimistic_locking(each.formset for each in context["inline_admin_formsets"])
            shown = [obj, *(each for formset in formsets for each in formset.get_queryset())]
            context |= {"versions": serialize_versions(shown), "overtaken": build_conflicts(form, formsets)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    @transaction.atomic
    def _save(self, request, object_id, form_url, extra_context):
        if object_id and not self._lock(request, object_id) and (record := self._last_record(request, object_id)):
            return self._gone(request, record)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _lock(self, request, object_id):
        """Keeps others from the object, and all that is edited on its page, until the end of the transaction."""
        pk = unquote(object_id)
        if not pk.isdecimal() or not self.model.objects.select_for_update().filter(pk=pk):
            return False
        for field in self._parts(request):
            list(field.model.objects.select_for_update().filter(**{field.name: pk}).order_by("pk"))
        return True

    def _last_record(self, request, object_id):
        pk = unquote(object_id)
        return next(iter(latest_records(self.model, [pk]) if pk.isdecimal() else []), None)

    def _gone(self, request, record):
        """Shows what was typed for something that somebody has deleted, so that it can be kept elsewhere."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        obj = self.model(pk=record.id)
        form = self.get_form(request, change=True)(request.POST, instance=obj)
        form.meanwhile = ConcurrentChanges()
        formsets = [
            formset(**self.get_formset_kwargs(request, obj, inline, formset.get_default_prefix()))
            for formset, inline in self.get_formsets_with_inlines(request)
        ]
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("It has been deleted"),
            "told": deleted_conflict(form, optimistic_locking(formsets), record),
        }
        return TemplateResponse(request, "admin/partners/gone.html", context, status=410)


def optimistic_locking(formsets):
    return [formset for formset in formsets if isinstance(formset, OptimisticLockingFormSet)]
