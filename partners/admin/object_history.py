"""The history of one object: its changes, its versions, and the ways back to them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin

from partners.history.diff import display_values
from partners.history.related_objects import RelatedObjects, latest_records
from partners.history.revert import preview_revert, revert
from partners.history.timeline import load_timeline_entries, object_timeline, tracked_models
from partners.history.undelete import deletion_record, preview_undelete, undelete

PER_PAGE = 100
MAX_HISTORY_ID_DIGITS = 9
"""Of a number of a row of history that fits into its primary key, and of an object by far."""


class HistoryAdmin(SimpleHistoryAdmin):
    """In place of the pages of django-simple-history, whose form would save a version past the register's rules."""

    def get_urls(self):
        bringing = self.admin_site.admin_view(self.bring_back_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_bring_back"
        return [path("<int:pk>/bring-back/", bringing, name=name), *super().get_urls()]

    def history_view(self, request, object_id, extra_context=None):
        pk = _parse_history_id(object_id)
        known, is_gone = self._known(request, pk)
        page = Paginator(object_timeline(self.model, pk, self._parts(request)), PER_PAGE).get_page(
            request.GET.get("page")
        )
        context = {
            "title": _("History of %s") % known,
            "page": page,
            "entries": load_timeline_entries(page),
            "is_gone": is_gone,
        }
        context["may_put_back"] = not is_gone and self.has_change_permission(request, known)
        return self._page(request, "history", pk, known, **context)

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        """A version as it was, what putting it back does, and on POST does that."""
        pk = _parse_history_id(object_id)
        known, is_gone = self._known(request, pk)
        records = self.model.history.model.objects.select_related("history_user")
        record = get_object_or_404(records, id=pk, history_id=_parse_history_id(version_id))
        may_put_back = self.has_change_permission(request, None if is_gone else known)
        if request.method == "POST":
            if not may_put_back or is_gone:
                raise PermissionDenied
            return self._put_back(request, record, known)
        putting = None if is_gone else preview_revert(record, known)
        return self._version(request, record, known, putting)

    def bring_back_view(self, request, pk):
        """What bringing back something deleted does, and on POST does it."""
        if not request.user.is_superuser:
            raise PermissionDenied
        if self.model.objects.filter(pk=pk).exists():
            messages.info(request, _("It is in the register."))
            return redirect(f"admin:partners_{self.opts.model_name}_history", pk)
        record = deletion_record(self.model, pk)
        if record is None:
            raise Http404
        if request.method == "POST":
            return self._bring_back(request, record)
        return self._deleted(request, record, preview_undelete(record, request.user))

    def _put_back(self, request, record, known):
        is_done, putting = revert(record, _parse_history_id(request.POST.get("newest", "")), request.user)
        if is_done:
            messages.success(request, _("Put back: %s") % putting.then)
            return redirect(f"admin:partners_{self.opts.model_name}_history", record.id)
        messages.warning(request, _("Nothing was put back. Look at what it would do by now."))
        return self._version(request, record, known, putting)

    def _bring_back(self, request, record):
        is_done, bringing = undelete(record, _parse_history_id(request.POST.get("newest", "")), request.user)
        if is_done:
            messages.success(request, _("Brought back: %s") % bringing.title)
            return redirect(f"admin:partners_{self.opts.model_name}_history", record.id)
        messages.warning(request, _("Nothing was brought back. Look at what it would do by now."))
        return self._deleted(request, record, bringing)

    def _version(self, request, record, known, putting):
        context = {
            "title": _("A version of %s") % known,
            "record": record,
            "values": display_values(record, RelatedObjects([record])),
            "putting": putting,
            "is_gone": putting is None,
            "may_put_back": self.has_change_permission(request, putting and known),
        }
        return self._page(request, "version", record.id, known, **context)

    def _deleted(self, request, record, bringing):
        context = {"title": _("Bring back %s") % bringing.title, "record": record, "bringing": bringing}
        return self._page(request, "bring_back", record.id, bringing.title, **context)

    def _page(self, request, name, pk, known, **context):
        context |= self.admin_site.each_context(request) | {
            "opts": self.opts,
            "pk": pk,
            "known": known,
            "may_see_run": request.user.has_perm("partners.view_importrun"),
        }
        return TemplateResponse(request, f"admin/partners/history/{name}.html", context)

    def _known(self, request, pk):
        """The object or, if it is gone, what it was at last, and whether it is gone."""
        obj = self.model.objects.filter(pk=pk).first()
        newest = next(iter([] if obj else latest_records(self.model, [pk])), None)
        if obj is None and newest is None:
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return obj or RelatedObjects([newest]).instance(newest), obj is None

    def _parts(self, request):
        """What is edited on the page of the object: the foreign keys by which it belongs to it."""
        shown = [each.model for each in self.inlines if each.model in tracked_models()]
        visible = [model for model in shown if can_view(self.admin_site, request, model)]
        return [field for model in visible for field in model._meta.fields if field.related_model is self.model]


def can_view(site, request, model):
    return site.is_registered(model) and site.get_model_admin(model).has_view_permission(request)


def _parse_history_id(text):
    if not text.isdecimal() or len(text) > MAX_HISTORY_ID_DIGITS:
        raise Http404
    return int(text)
