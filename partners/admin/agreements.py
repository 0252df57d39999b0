from django.contrib import admin
from django.db.models import Case, When
from django.urls import path
from django.utils.text import Truncator
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from partners.admin.agreement_inline import AgreementChangeForm
from partners.admin.bulk_edit import BulkEditView
from partners.admin.deadlines import describe_deadline, describe_state
from partners.admin.documents import DocumentInline, discard_uploads
from partners.admin.ending import BulkEndView
from partners.admin.export import RegisterExportAdmin
from partners.admin.filters import (
    AgreementCountryFilter,
    AgreementStatusFilter,
    AgreementTypeFilter,
    DateNotRecordedFilter,
    DocumentFilter,
    EndedYearFilter,
    EndFilter,
    ExpiredYearFilter,
    InForceOnFilter,
    MobilitiesFilter,
    NotesFilter,
    PlacesFilter,
    RegionFilter,
    RenewalFilter,
    RenewalYearFilter,
    ResponsibleFilter,
    SignedYearFilter,
)
from partners.admin.form_fields import PlainSelectMixin
from partners.admin.mobilities import MobilityInline, fields_of_study_view
from partners.admin.removal import RemovalAdmin
from partners.admin.renewing import BulkRenewView, why_not_renewable
from partners.admin.setting_dates import BulkDatesView
from partners.admin.signing import BulkSignView
from partners.agreement_fields import AGREEMENT_FIELDS, AdminSection
from partners.enums import AgreementStatus
from partners.imports.formats import EXPORT_FORMATS
from partners.imports.resources import AgreementsResource
from partners.models import Agreement, SavedView
from partners.models.mobilities import summarize_places
from partners.permissions import can_add_documents

MAX_TITLE_LENGTH, MAX_STATE_LENGTH = 60, 36
"""Characters in two lines of a column of the list."""
BULK_VIEWS = {view.name: view for view in [BulkSignView, BulkRenewView, BulkEndView, BulkDatesView, BulkEditView]}


def build_fieldset(section):
    rows = []
    for field in [field for field in AGREEMENT_FIELDS if field.section == section]:
        if field.is_beside_previous:
            rows[-1] += (field.name,)
        else:
            rows.append((field.name,))
    classes = ["collapse"] if section in (AdminSection.STUDENTS, AdminSection.END) else []
    return section.label, {"classes": classes, "fields": rows}


@admin.register(Agreement)
class AgreementAdmin(PlainSelectMixin, RegisterExportAdmin, RemovalAdmin):
    saved_view_list = SavedView.List.AGREEMENTS
    resource_classes = [AgreementsResource]
    # The list itself has the export, without a page for it, as there is a single kind of table.
    import_export_change_list_template = None
    form = AgreementChangeForm
    change_form_template = "admin/partners/agreement/change_form.html"
    list_display = [
        "university",
        "country",
        "title",
        "state",
        "signed_on",
        "valid_until",
        "days_left",
        "offers",
    ]
    list_filter = [
        AgreementStatusFilter,
        EndFilter,
        RenewalFilter,
        ResponsibleFilter,
        DocumentFilter,
        AgreementTypeFilter,
        InForceOnFilter,
        PlacesFilter,
        MobilitiesFilter,
        NotesFilter,
        SignedYearFilter,
        RenewalYearFilter,
        EndedYearFilter,
        ExpiredYearFilter,
        DateNotRecordedFilter,
        RegionFilter,
        AgreementCountryFilter,
    ]
    list_select_related = ["university__country", "agreement_type"]
    search_fields = ["university__search_text"]
    search_help_text = _(
        "University, its other names and city, country, scope or reference number. Accents and case do not matter."
    )
    ordering = ["university__name_key", "agreement_type__position", "pk"]
    autocomplete_fields = ["university"]
    fieldsets = [build_fieldset(section) for section in AdminSection]
    inlines = [MobilityInline, DocumentInline]
    actions = [view.as_action() for view in BULK_VIEWS.values()]

    class Media:
        js = ["partners/labels.js"]

    def get_urls(self):
        view, site = self.admin_site.admin_view, {"site": self.admin_site}
        bulk_views = {name: view(bulk_view.as_view(model_admin=self)) for name, bulk_view in BULK_VIEWS.items()}
        return [
            path("fields-of-study/", view(fields_of_study_view), site, name="partners_agreement_fields_of_study"),
            *[path(f"{name}/", bulk_view, name=f"partners_agreement_{name}") for name, bulk_view in bulk_views.items()],
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        context = {
            "can_add_documents": can_add_documents(request.user),
            "export_formats": EXPORT_FORMATS if self.has_export_permission(request) else [],
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def get_export_resource_kwargs(self, request, **kwargs):
        return {"on": localdate()}

    def get_queryset(self, request):
        return super().get_queryset(request).with_document().with_successor().prefetch_related("mobilities")

    def _lock(self, request, pk):
        Agreement.objects.filter(pk=pk).lock_universities()
        return super()._lock(request, pk)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        agreement = self.get_object(request, object_id)
        context = {}
        if agreement:
            status, not_renewable = AgreementStatus(agreement.status), why_not_renewable(agreement)
            next_actions = [BULK_VIEWS[name] for name in status.next_actions]
            context = {
                "next_actions": [view for view in next_actions if view is not BulkRenewView or not not_renewable],
                "not_renewable": not_renewable,
                "ended": agreement.describe_ended() if status is AgreementStatus.ENDED else "",
                "renewals": agreement.renewals.select_related("agreement_type").order_by("pk"),
            }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | context)

    def render_change_form(self, request, context, *args, **kwargs):
        """Discard the files of new documents if the page is displayed again because of an error."""
        for inline in context["inline_admin_formsets"]:
            if isinstance(inline.opts, DocumentInline):
                discard_uploads(inline.formset.upload_forms)
        context["scopes"] = Agreement.objects.scopes()
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("country"), ordering="university__country__name_key")
    def country(self, agreement):
        return agreement.university.country

    @admin.display(description=_("agreement type"), ordering="agreement_type")
    def title(self, agreement):
        return Truncator(agreement.title).chars(MAX_TITLE_LENGTH)

    @admin.display(description=_("status"), ordering="status")
    def state(self, agreement):
        return Truncator(describe_state(agreement, localdate())).chars(MAX_STATE_LENGTH)

    @admin.display(
        description=_("days left"),
        ordering=Case(
            When(status=AgreementStatus.SIGNED, successor_start=None, then="valid_until"),
            When(status=AgreementStatus.IN_PROCESS, then="due_on"),
        ),
    )
    def days_left(self, agreement):
        return describe_deadline(agreement, localdate())

    @admin.display(description=_("offers"))
    def offers(self, agreement):
        return summarize_places(agreement.mobilities.all())
