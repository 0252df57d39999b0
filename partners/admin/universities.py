"""Countries, agreement types and universities."""

from collections import Counter, defaultdict

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import Count, Prefetch, URLField
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import get_text_list
from django.utils.timezone import localdate
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partners.admin.agreement_inline import AgreementInline
from partners.admin.base import RegisterAdmin
from partners.admin.documents import discard_uploads
from partners.admin.filters import (
    UniversityCountryFilter,
    UniversityDirectoryFilter,
    UniversityStatusFilter,
    UniversityTypeFilter,
    UniversityWebsiteFilter,
)
from partners.admin.import_export import UniversityImportExportAdmin
from partners.admin.institutions import InstitutionLinkAdmin
from partners.admin.removal import RemovalAdmin
from partners.admin.similar_names import SimilarNamesAdmin
from partners.enums import AgreementStatus
from partners.models import Agreement, AgreementType, Country, Document, Mobility, SavedView, University
from partners.querysets import ENDED, EXPIRED, IN_FORCE, STATE_LABELS, UPCOMING

OTHER_NAMES = _("Other names and web address"), {"classes": ["collapse"], "fields": ["other_names", "slug"]}
FOR_STUDENTS = _("For students"), {"fields": ["incoming_url", "courses_url", "calendar_url", "housing_url"]}
"""Fieldsets of a university's page."""
OTHER_BUTTONS = {"_continue", "_addanother", IS_POPUP_VAR}
"""Names of the submit buttons that lead back to the form, and of the field that marks a pop-up window."""


@admin.register(Country)
class CountryAdmin(RegisterAdmin):
    list_display = ["name", "code", "university_count", "other_names_text"]
    search_fields = ["search_text"]
    fields = ["name", "code", "other_names"]
    list_per_page = 300
    ordering = ["name_key"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(university_count=Count("universities"))

    @admin.display(description="universities", ordering="university_count")
    def university_count(self, country):
        return country.university_count

    @admin.display(description=_("other names"))
    def other_names_text(self, country):
        return " · ".join(country.other_names.splitlines())


@admin.register(AgreementType)
class AgreementTypeAdmin(RegisterAdmin):
    list_display = ["name", "position", "description_text"]
    search_fields = ["search_text"]
    fields = ["name", "position", "description", ("places_out", "places_in"), "other_names", "slug"]

    @admin.display(description=_("description"))
    def description_text(self, agreement_type):
        return agreement_type.description.text


@admin.register(University)
class UniversityAdmin(SimilarNamesAdmin, InstitutionLinkAdmin, UniversityImportExportAdmin, RemovalAdmin):
    saved_view_list = SavedView.List.UNIVERSITIES
    list_display = ["name", "country", "agreements", "is_listed"]
    list_filter = [
        UniversityTypeFilter,
        UniversityStatusFilter,
        UniversityCountryFilter,
        UniversityDirectoryFilter,
        UniversityWebsiteFilter,
        "is_listed",
    ]
    list_select_related = ["country"]
    search_fields = ["search_text"]
    search_help_text = _(
        "Any of its names, also in the directory, its city or country. Accents and case do not matter."
    )
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    inlines = [AgreementInline]
    change_form_template = "admin/partners/university/change_form.html"
    import_export_change_list_template = "admin/partners/university/change_list.html"
    view_on_site = False
    fieldsets = [
        (None, {"fields": ["name", "country", "city", "website", "institution", "is_listed"]}),
        FOR_STUDENTS,
        OTHER_NAMES,
    ]
    add_fieldsets = [
        (None, {"fields": ["institution", "name", "country", "city", "website", "is_listed"]}),
        (FOR_STUDENTS[0], {"classes": ["collapse"], **FOR_STUDENTS[1]}),
        OTHER_NAMES,
    ]

    def get_fieldsets(self, request, obj=None):
        return self.fieldsets if obj else self.add_fieldsets

    def get_queryset(self, request):
        agreements = Agreement.objects.open().select_related("agreement_type").ordered_by_type()
        return super().get_queryset(request).prefetch_related(Prefetch("agreements", agreements, "open_agreements"))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        university = self.get_object(request, object_id)
        context = {"visibility": explain_visibility(university)} if university else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | context)

    def render_change_form(self, request, context, *args, **kwargs):
        """Discard the files of new documents if the page is displayed again because of an error."""
        for inline in context["inline_admin_formsets"]:
            discard_uploads(inline.formset.upload_forms)
        context["scopes"] = Agreement.objects.scopes()
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        form.instance.added = Counter(type(obj) for formset in formsets for obj in formset.new_objects)

    def response_add(self, request, obj, post_url_continue=None):
        if request.POST.keys() & OTHER_BUTTONS:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, describe_saved(obj, change=False), messages.SUCCESS)
        return self.response_post_save_add(request, obj)

    def response_change(self, request, obj):
        if request.POST.keys() & OTHER_BUTTONS:
            return super().response_change(request, obj)
        self.message_user(request, describe_saved(obj, change=True), messages.SUCCESS)
        return self.response_post_save_change(request, obj)

    @admin.display(description=_("agreements"))
    def agreements(self, university):
        """Return each type once, with its states in brackets unless it is in force only."""
        states_by_type = defaultdict(set)
        for agreement in university.open_agreements:
            state = agreement.state_on(localdate())
            states_by_type[str(agreement.agreement_type or gettext("type unknown"))].add(state)
        texts = []
        for type_name, states in states_by_type.items():
            labels = ", ".join(str(label) for state, label in STATE_LABELS.items() if state in states)
            texts.append(type_name if states == {IN_FORCE} else f"{type_name} ({labels})")
        return ", ".join(texts)


def describe_saved(university, *, change):
    """Return the sentence about a saved university, with a link to it, and what was added with it."""
    counts = {
        Agreement: ngettext("%d agreement", "%d agreements", university.added[Agreement]),
        Mobility: ngettext("%d mobility", "%d mobilities", university.added[Mobility]),
        Document: ngettext("%d document", "%d documents", university.added[Document]),
    }
    added = [text % university.added[model] for model, text in counts.items() if university.added[model]]
    if change:
        sentence = gettext("{university} was changed. New: {added}.") if added else gettext("{university} was changed.")
    else:
        sentence = gettext("{university} was added with {added}.") if added else gettext("{university} was added.")
    url = reverse("admin:partners_university_change", args=[university.pk])
    link = format_html('<a href="{}"><bdi>{}</bdi></a>', url, university)
    return format_html(sentence, university=link, added=get_text_list(added, gettext("and")))


def explain_visibility(university):
    """Return whether the university is on the public list, and the reasons as sentences."""
    on = localdate()
    agreements = university.agreements.select_related("agreement_type").with_successor().ordered_by_type()
    public_reasons = [_describe(agreement, on) for agreement in agreements.public(on)]
    if University.objects.public(on).filter(pk=university.pk).exists():
        return {"is_public": True, "reasons": public_reasons}
    reasons = []
    if not university.is_listed:
        reasons.append(gettext("It is kept off the public list: tick “on the public list” below."))
    if not public_reasons:
        reasons += [_describe(agreement, on) for agreement in agreements] or [gettext("It has no agreement.")]
    return {"is_public": False, "reasons": reasons}


def _describe(agreement, on):
    state = agreement.state_on(on)
    messages = {
        UPCOMING: gettext("%(title)s is signed, and begins on %(valid_from)s."),
        IN_FORCE: gettext("%(title)s is in force, %(end)s."),
        EXPIRED: gettext("%(title)s expired on %(valid_until)s."),
        ENDED: gettext("%(title)s %(ended)s."),
    }
    names = [str(agreement.agreement_type or gettext("An agreement of unknown type")), agreement.scope]
    message = messages.get(state, gettext("%(title)s is %(status)s.")) % {
        "title": ", ".join(filter(None, names)),
        "status": agreement.get_status_display(),
        "end": agreement.describe_end(),
        "valid_from": date_format(agreement.valid_from) if agreement.valid_from else "",
        "valid_until": date_format(agreement.valid_until) if agreement.valid_until else "",
        "ended": agreement.describe_ended(),
    }
    if agreement.status == AgreementStatus.SIGNED and agreement.successor_start:
        message += " " + gettext("It is renewed from %s.") % date_format(agreement.successor_start)
    return message
