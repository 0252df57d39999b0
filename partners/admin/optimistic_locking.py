"""Admin classes with optimistic locking."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from partners.admin.conflict_report import build_conflicts, build_conflicts_of_deleted
from partners.admin.form_fields import DATE_OVERRIDES, parse_pk
from partners.admin.object_history import inline_foreign_keys
from partners.admin.optimistic_locking_forms import (
    OptimisticLockingForm,
    OptimisticLockingFormSet,
    parse_versions,
    serialize_versions,
)
from partners.history.concurrent_changes import annotate_version
from partners.period_constraint import describe_integrity_error


class OptimisticLockingInline(admin.TabularInline):
    formset = OptimisticLockingFormSet
    formfield_overrides = DATE_OVERRIDES

    def get_queryset(self, request):
        return annotate_version(super().get_queryset(request))


def with_small_letters(inline_admin_formset):
    """Write "Add another mobility" below an inline. Django capitalizes the name."""
    data, name = inline_admin_formset.inline_formset_data(), str(inline_admin_formset.opts.verbose_name)
    inline_admin_formset.inline_formset_data = data.replace(capfirst(name), name)
    return inline_admin_formset


class OptimisticLockingAdmin(admin.ModelAdmin):
    """Submits the versions of the displayed objects with the page, and compares them under a lock when saving.

    All inlines have to be OptimisticLockingInlines.
    """

    form = OptimisticLockingForm

    def get_queryset(self, request):
        """Annotate the version on pages of a single object; lists do not need it."""
        queryset = super().get_queryset(request)
        return annotate_version(queryset) if "object_id" in request.resolver_match.kwargs else queryset

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        for _attempt in range(2):
            # If somebody else saved a moment earlier, the second attempt validates against what they saved.
            try:
                return self._changeform_with_lock(request, object_id, form_url, extra_context)
            except IntegrityError as error:
                message = describe_integrity_error(error)
        messages.error(request, f"{message} {_('Nothing was saved. Look at it again.')}")
        return redirect(request.get_full_path())

    def get_inline_formsets(self, request, *args, **kwargs):
        return list(map(with_small_letters, super().get_inline_formsets(request, *args, **kwargs)))

    @transaction.atomic
    def delete_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, object_id) if self._lock(request, parse_pk(object_id)) else None
        versions = parse_versions(request.POST, self.model) or {}
        if obj and versions.get(obj.pk, obj.version) != obj.version:
            messages.warning(request, _("A colleague has changed it in the meantime. Look at it again."))
            return redirect(request.get_full_path())
        context = {"versions": serialize_versions([obj] if obj else [])}
        return super().delete_view(request, object_id, context | (extra_context or {}))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj:
            form = context["adminform"].form
            inlines = context["inline_admin_formsets"]
            formsets = [inline.formset for inline in inlines]
            formsets += [nested for formset in formsets for nested in formset.nested_formsets]
            displayed = [obj, *(row for formset in formsets for row in formset.get_queryset())]
            context |= {"versions": serialize_versions(displayed), "conflicts": build_conflicts(form, formsets)}
            if context["conflicts"] and not form.non_field_errors():
                context["errors"] = None  # The conflicts say what to do, in the place of "correct the errors below".
        return super().render_change_form(request, context, add, change, form_url, obj)

    @transaction.atomic
    def _changeform_with_lock(self, request, object_id, form_url, extra_context):
        pk = parse_pk(object_id or "")
        if pk and not self._lock(request, pk) and self.model.history.filter(id=pk).exists():
            return self._render_deleted_conflict(request, self.model(pk=pk))
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _lock(self, request, pk):
        """Lock the object and those of its inlines until the end of the transaction. Return whether it exists."""
        if pk is None or not self.model.objects.select_for_update().filter(pk=pk):
            return False
        for field in inline_foreign_keys(self, request):
            list(field.model.objects.select_for_update().filter(**{field.name: pk}).order_by("pk"))
        return True

    def _render_deleted_conflict(self, request, obj):
        """Display what was submitted for a deleted object, so that the user can copy it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = self.get_form(request, change=True)(request.POST, instance=obj, concurrent_changes={})
        formsets = [
            formset(**self.get_formset_kwargs(request, obj, inline, formset.get_default_prefix()))
            for formset, inline in self.get_formsets_with_inlines(request)
        ]
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("It has been deleted"),
            "conflicts": build_conflicts_of_deleted(form, formsets),
        }
        return TemplateResponse(request, "admin/partners/deleted_conflict.html", context, status=410)
