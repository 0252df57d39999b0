"""Saved views of a list: its filters, search and order under a name, one's own or the office's."""

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, IS_FACETS_VAR, PAGE_VAR
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.base import RegisterAdmin
from partners.models import SavedView
from partners.permissions import can_change_office_views

UNSAVED_PARAMETERS = {ALL_VAR, ERROR_FLAG, IS_FACETS_VAR, IS_POPUP_VAR, PAGE_VAR, TO_FIELD_VAR}


def build_query(parameters):
    """Return the query string of a list's filters, search and order. Equal lists have equal ones."""
    pairs = [(name, value) for name, values in parameters.lists() for value in values]
    return urlencode(sorted((name, value) for name, value in pairs if value and name not in UNSAVED_PARAMETERS))


class SavedViewForm(forms.ModelForm):
    is_of_office = forms.BooleanField(label=gettext_lazy("For everybody in the office"), required=False)

    class Meta:
        model = SavedView
        fields = ["name"]
        widgets = {"name": AdminTextInputWidget}

    def __init__(self, user, data=None, *, instance):
        super().__init__(data, instance=instance, initial={"is_of_office": instance.owner_id is None}, label_suffix="")
        self.user = user
        if not can_change_office_views(user):
            del self.fields["is_of_office"]

    def clean(self):
        super().clean()
        self.instance.owner = None if self.cleaned_data.get("is_of_office") else self.user

    def save_if_valid(self):
        """Return whether the view is saved. A name that was taken at the same moment is an error of the form."""
        if not self.is_valid():
            return False
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError:
            self.add_error("name", self.instance.name_taken_message)
        return self.is_valid()


class SavedViewsAdmin(RegisterAdmin):
    """Base class of lists with saved views."""

    saved_view_list = None
    """The list, as SavedView has it."""

    def get_urls(self):
        view, name = self.admin_site.admin_view, f"partners_{self.opts.model_name}_view"
        return [
            path("views/add/", view(self.saved_view), name=f"{name}_add"),
            path("views/<int:pk>/", view(self.saved_view), name=f"{name}_change"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        views, query = list(self.get_saved_views(request)), build_query(request.GET)
        current = next((view for view in views if view.query == query), None)
        context = {
            "saved_views": views,
            "saved_view": current,
            "list_title": current,
            "saved_query": query,
            "save_form": SavedViewForm(request.user, instance=SavedView(owner=request.user)),
            "can_change_office_views": can_change_office_views(request.user),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def saved_view(self, request, pk=None):
        """Save the list as a view; with a pk, rename or delete that view. Not everybody may change the office's."""
        new = SavedView(list=self.saved_view_list, query=build_query(request.GET), owner=request.user)
        view = get_object_or_404(self.get_saved_views(request), pk=pk) if pk else new
        if not self.has_view_permission(request) or not (view.owner_id or can_change_office_views(request.user)):
            raise PermissionDenied
        form = SavedViewForm(request.user, request.POST or None, instance=view)
        if pk and "delete" in request.POST:
            view.delete()
            message = _("The view “%s” is deleted. What it showed stays as it is.")
        elif form.save_if_valid():
            message = _("The view is now called “%s”.") if pk else _("The list is saved as “%s”.")
        else:
            title = _("Rename or delete a view") if pk else _("Save this view")
            context = self.admin_site.each_context(request) | {"title": title, "opts": self.opts, "form": form}
            return TemplateResponse(request, "admin/partners/saved_view.html", context)
        messages.success(request, message % view)
        return redirect(f"{reverse(f'admin:partners_{self.opts.model_name}_changelist')}?{view.query}")

    def get_saved_views(self, request):
        """Return the office's views of the list, and the user's own after them."""
        of_user = Q(owner=None) | Q(owner=request.user)
        views = SavedView.objects.filter(of_user, list=self.saved_view_list)
        return views.order_by(F("owner").asc(nulls_first=True), "name")
