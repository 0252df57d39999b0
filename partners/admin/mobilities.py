"""The inline of an agreement's mobilities, the search for their fields of study, and the history of a mobility."""

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy

from partners.admin.form_fields import parse_pk
from partners.admin.object_history import HistoryAdmin, can_view
from partners.admin.optimistic_locking import OptimisticLockingInline
from partners.admin.optimistic_locking_forms import OptimisticLockingForm, OptimisticLockingFormSet
from partners.cells import MAX_PLACES
from partners.fields_of_study import ALL_FIELDS, field_label, search_fields, titles_by_code
from partners.models import Agreement, Mobility
from partners.name_normalization import matching_key
from partners.permissions import can_change_agreements, can_view_agreements

FIELDS_PER_PAGE = 20
RARE_FIELDS = ("duration", "fields_note", "is_blended", "first_year", "last_year")
"""Folded on a university's page."""
VIEWED_AS = {"study_levels": "level_labels", "fields_of_study": "field_labels", "languages": "language_names"}


class FieldsOfStudySelect(AutocompleteSelectMultiple):
    """Multiple select that searches fields of study. The page has the chosen ones only."""

    def get_url(self):
        return reverse("admin:partners_agreement_fields_of_study")

    def build_attrs(self, base_attrs, extra_attrs=None):
        """Leave out the button that clears all: Select2 puts it into a list, where it is no valid HTML."""
        return super().build_attrs(base_attrs, extra_attrs) | {"data-allow-clear": "false"}

    def optgroups(self, name, value, attrs=None):
        chosen = [(code, label) for code, label in self.choices if code in value]
        options = [self.create_option(name, *choice, True, index) for index, choice in enumerate(chosen)]
        return [(None, options, 0)]


def fields_of_study_view(request, site):
    """Answer a search of a FieldsOfStudySelect. Without a term it is offered all fields, and the broad ones."""
    if not can_view(site, request, Agreement):
        raise PermissionDenied
    term = request.GET.get("term", "")
    codes = search_fields(term) if term.strip() else [code for code in titles_by_code() if len(code) == 2]
    if matching_key(field_label(ALL_FIELDS)).startswith(matching_key(term)):
        codes = [ALL_FIELDS, *codes]
    page = Paginator(codes, FIELDS_PER_PAGE).get_page(request.GET.get("page"))
    results = [{"id": code, "text": field_label(code)} for code in page]
    return JsonResponse({"results": results, "pagination": {"more": page.has_next()}})


class MobilityForm(OptimisticLockingForm):
    @property
    def usual_fields(self):
        return [field for field in self.visible_fields() if field.name not in RARE_FIELDS]

    @property
    def rare_fields(self):
        return [self[name] for name in RARE_FIELDS]

    @property
    def has_rare_values(self):
        return any(field.value() or field.errors for field in self.rare_fields)

    def save(self, commit=True):
        self.instance._change_reason = "edited" if self.instance.pk else "added"
        return super().save(commit)


class NestedMobilityFormSet(OptimisticLockingFormSet):
    """The lines of an agreement on the page of its university, which has read those of all agreements at once."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.extra = max(self.extra, 0 if self.get_queryset() else 1)

    def get_queryset(self):
        return getattr(self.instance, "displayed_mobilities", [])


class MobilityInline(OptimisticLockingInline):
    """The lines of an agreement. To edit them is to edit the agreement, and needs that permission only."""

    model = Mobility
    form = MobilityForm
    template = "admin/edit_inline/stacked.html"
    fields = [
        ("direction", "kind", "places", "duration"),
        ("study_levels", "languages"),
        ("fields_of_study", "fields_note"),
        ("is_blended", "first_year", "last_year"),
    ]

    class Media:
        js = ["partners/mobilities.js"]

    def get_extra(self, request, obj=None, **kwargs):
        """Offer an empty line if there is none yet. It is saved only if something is entered."""
        return 0 if obj and obj.mobilities.exists() else 1

    def get_fields(self, request, obj=None):
        """Display the codes in words to those who only view them."""
        if self.has_change_permission(request, obj):
            return self.fields
        return [[VIEWED_AS.get(name, name) for name in row] for row in self.fields]

    def get_readonly_fields(self, request, obj=None):
        return [] if self.has_change_permission(request, obj) else list(VIEWED_AS.values())

    @admin.display(description=gettext_lazy("study levels"))
    def level_labels(self, mobility):
        return ", ".join(mobility.level_labels)

    @admin.display(description=gettext_lazy("fields of study"))
    def field_labels(self, mobility):
        return ", ".join(map(field_label, mobility.fields_of_study.split()))

    @admin.display(description=gettext_lazy("languages"))
    def language_names(self, mobility):
        return ", ".join(mobility.language_names)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "fields_of_study":
            kwargs["widget"] = FieldsOfStudySelect(db_field, self.admin_site)
        if db_field.name == "places":
            kwargs["max_value"] = MAX_PLACES
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_view_permission(self, request, obj=None):
        """Display them to everyone who may open the agreement."""
        return True

    def has_change_permission(self, request, obj=None):
        return can_change_agreements(request.user)

    has_add_permission = has_delete_permission = has_change_permission


@admin.register(Mobility)
class MobilityAdmin(HistoryAdmin):
    """The history of a mobility. It is edited on the page of its agreement, and needs the permissions of that."""

    def has_view_permission(self, request, obj=None):
        return can_view_agreements(request.user)

    def has_change_permission(self, request, obj=None):
        return can_change_agreements(request.user)

    def has_add_permission(self, request, obj=None):
        return False

    has_undelete_permission = has_change_permission
    # Without permission for the module, the index has no mobilities.
    has_module_permission = has_delete_permission = has_add_permission

    def changelist_view(self, request, extra_context=None):
        return redirect("admin:partners_agreement_changelist")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        mobility = get_object_or_404(Mobility, pk=parse_pk(object_id))
        url = reverse("admin:partners_agreement_change", args=[mobility.agreement_id])
        return redirect(f"{url}#mobilities-group")
