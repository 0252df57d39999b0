"""The page on which users remove what they have added by mistake."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.timezone import now
from django.utils.translation import gettext as _

from partners.admin.base import RegisterAdmin
from partners.history.removal import plan_removal
from partners.permissions import can_remove_own


class RemovalAdmin(RegisterAdmin):
    """Adds the page, and a button that leads there while the object can be removed."""

    def get_urls(self):
        view, name = self.admin_site.admin_view(self.remove_view), f"partners_{self.opts.model_name}_remove"
        return [path("<int:pk>/remove/", view, name=name), *super().get_urls()]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        is_allowed = obj is not None and can_remove_own(request.user, self.model)
        context["can_remove"] = is_allowed and not plan_removal(obj, request.user, now()).obstacles
        return super().render_change_form(request, context, add, change, form_url, obj)

    @transaction.atomic
    def remove_view(self, request, pk):
        """Display what goes with the object, or why it cannot be removed. POST removes it."""
        if not can_remove_own(request.user, self.model):
            raise PermissionDenied
        if not self._lock(request, pk):
            raise Http404
        obj = self.get_queryset(request).get(pk=pk)
        removal = plan_removal(obj, request.user, now())
        if request.method == "POST" and not removal.obstacles:
            title = str(obj)
            removal.delete(request.user)
            messages.success(request, _("Removed: %s. The history still has it.") % title)
            return redirect(f"admin:partners_{self.opts.model_name}_changelist")
        context = self.admin_site.each_context(request) | {
            "title": _("Remove %s") % obj,
            "opts": self.opts,
            "original": obj,
            "others": [(other._meta.verbose_name, other) for other in removal.objects[:-1]],
            "obstacles": removal.obstacles,
        }
        return TemplateResponse(request, "admin/partners/remove.html", context)
