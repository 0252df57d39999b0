"""History of one object: its changes and versions, revert to a version, undelete."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin

from partners.admin.form_fields import parse_pk
from partners.history.diff import diff
from partners.history.entries import DELETED, load_timeline_entries, object_timeline, tracked_models
from partners.history.related_objects import RelatedObjects
from partners.history.revert import preview_revert, revert, undelete
from partners.permissions import can_undelete, can_view_runs

PER_PAGE = 100


class HistoryAdmin(SimpleHistoryAdmin):
    """Replaces the pages of django-simple-history, whose form would save a version without validation."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.undelete_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_undelete"
        return [path("<int:pk>/undelete/", view, name=name), *super().get_urls()]

    def has_undelete_permission(self, request):
        return can_undelete(request.user)

    def history_view(self, request, object_id, extra_context=None):
        pk = parse_pk(object_id)
        obj, is_deleted = self._get_object_or_last_version(request, pk)
        timeline = object_timeline(self.model, pk, inline_foreign_keys(self, request))
        page = Paginator(timeline, PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "title": _("History of %s") % obj,
            "page": page,
            "entries": load_timeline_entries(page),
            "is_deleted": is_deleted,
            "can_revert": not is_deleted and self.has_change_permission(request, obj),
        }
        return self._render(request, "history", pk, obj, context)

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        """Display a version and a preview of the revert to it. POST reverts."""
        pk = parse_pk(object_id)
        obj, is_deleted = self._get_object_or_last_version(request, pk)
        can_revert = self.has_change_permission(request, obj) and not is_deleted
        records = self.model.history.select_related("history_user")
        record = get_object_or_404(records, id=pk, history_id=parse_pk(version_id))
        plan = None
        if request.method == "POST":
            if not can_revert:
                raise PermissionDenied
            if (displayed_history_id := parse_pk(request.POST.get("latest_history_id", ""))) is None:
                raise Http404
            is_done, plan = revert(record, displayed_history_id, request.user, on=localdate())
            if is_done:
                add_revert_messages(request, plan)
                return redirect(f"admin:partners_{self.opts.model_name}_history", pk)
            message = _("Nothing was put back, as something has changed in the meantime. Check what will change now.")
            messages.warning(request, message)
        elif not is_deleted:
            plan = preview_revert(record, obj, on=localdate())
        context = {
            "title": _("A version of %s") % obj,
            "record": record,
            "values": [change for change in diff({}, record) if change.name != "id"],
            "plan": plan,
            "is_deleted": is_deleted,
            "can_revert": can_revert,
        }
        return self._render(request, "version", pk, obj, context)

    def undelete_view(self, request, pk):
        """Display a preview of the undelete. POST undeletes."""
        if not self.has_undelete_permission(request):
            raise PermissionDenied
        if self.model.objects.filter(pk=pk).exists():
            messages.info(request, _("It has not been deleted."))
            return redirect(f"admin:partners_{self.opts.model_name}_history", pk)
        record = self.model.history.filter(id=pk).latest_of_each().first()
        if record is None or record.history_type != DELETED:
            raise Http404
        is_post = request.method == "POST"
        displayed_history_id = parse_pk(request.POST.get("latest_history_id", ""))
        if is_post and displayed_history_id is None:
            raise Http404
        is_done, plan = undelete(record, request.user, displayed_history_id)
        if is_done:
            messages.success(request, _("Brought back: %s") % plan.title)
            return redirect(f"admin:partners_{self.opts.model_name}_history", pk)
        if is_post:
            messages.warning(
                request,
                _("Nothing was brought back, as something has changed in the meantime. Check what will happen now."),
            )
        context = {"title": _("Bring back %s") % plan.title, "record": record, "plan": plan}
        return self._render(request, "undelete", pk, plan.title, context)

    def _render(self, request, template, pk, obj, context):
        context |= self.admin_site.each_context(request) | {
            "opts": self.opts,
            "pk": pk,
            "object": obj,
            "can_undelete": self.has_undelete_permission(request),
            "undeletable_models": undeletable_models(self.admin_site, request),
            "can_view_runs": can_view_runs(request.user),
        }
        return TemplateResponse(request, f"admin/partners/history/{template}.html", context)

    def _get_object_or_last_version(self, request, pk):
        """Return the object, or its last version if it has been deleted, and whether it has been deleted."""
        obj = self.model.objects.filter(pk=pk).first()
        record = None if obj else self.model.history.filter(id=pk).latest_of_each().first()
        if obj is None and record is None:
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return obj or RelatedObjects([record]).build_instance(record), obj is None


def add_revert_messages(request, plan):
    """Say what was reverted, and which agreements keep the end that the signing gave them."""
    messages.success(request, _("Put back: %s") % plan.reverted)
    message = _(
        "Still as that signing has left it: {}. Put it back too, or days may be left without an agreement in force."
    )
    for agreement in plan.left_by_signing:
        url = reverse("admin:partners_agreement_history", args=[agreement.pk])
        link = format_html('<a href="{}"><bdi>{}</bdi></a>', url, agreement.describe_period())
        messages.warning(request, format_html(message, link))


def inline_foreign_keys(model_admin, request):
    """Return the foreign keys by which the viewable, tracked objects of the inlines refer to the admin's model."""
    site, models = model_admin.admin_site, [inline.model for inline in model_admin.inlines]
    viewable = [model for model in models if model in tracked_models() and can_view(site, request, model)]
    return [field for model in viewable for field in model._meta.fields if field.related_model is model_admin.model]


def undeletable_models(site, request):
    """Return the names of the models whose deleted objects the user may bring back."""
    admins = [site.get_model_admin(model) for model in tracked_models() if site.is_registered(model)]
    return {admin.opts.model_name for admin in admins if admin.has_undelete_permission(request)}


def can_view(site, request, model):
    return site.is_registered(model) and site.get_model_admin(model).has_view_permission(request)
