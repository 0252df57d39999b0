"""Forms of agreements, and the inline of a university's agreements on its change form."""

import re
from collections import defaultdict
from itertools import combinations

from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.forms.formsets import TOTAL_FORM_COUNT
from django.utils.functional import cached_property
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from partners.admin.documents import DocumentInline, DocumentUploadForm, store_uploads
from partners.admin.form_fields import PlainSelectMixin
from partners.admin.mobilities import MobilityInline, NestedMobilityFormSet
from partners.admin.optimistic_locking import OptimisticLockingInline
from partners.admin.optimistic_locking_forms import OptimisticLockingForm, OptimisticLockingFormSet
from partners.admin.signature_forms import SignatureFormMixin
from partners.enums import AgreementStatus
from partners.history.concurrent_changes import annotate_version
from partners.models import Agreement, Document, Mobility
from partners.models.agreement_slots import SAME_IN_PROCESS, exclude_each_other, release_unique_slots, unique_slot
from partners.models.mobilities import summarize
from partners.name_normalization import matching_key
from partners.permissions import can_change_agreements

MAX_LINES = 60
"""Most agreements and mobilities together with which the page of a university has the forms of the mobilities."""
BLANK_FIELD = "is_blank"
"""Hidden field of a blank row that the page had from the beginning."""
ROWS_PARAM = "rows"
"""Query parameter with the number of blank rows to begin with."""


class AgreementForm(SignatureFormMixin, OptimisticLockingForm):
    def clean_scope(self):
        """Take over the spelling that the register has of a scope. A spelling alone can still be corrected."""
        scope = self.cleaned_data["scope"]
        is_respelled = matching_key(scope) == self.original.scope_key
        return scope if is_respelled else Agreement.objects.known_scope(scope)

    def clean(self):
        """Clear the day and the reason of its end if the agreement has not ended. The inline has no field for them."""
        if self.cleaned_data.get("status") != AgreementStatus.ENDED:
            self.instance.ended_on, self.instance.end_reason = None, ""
        return super().clean()

    def is_being_signed(self):
        statuses = self.original.status, self.instance.status
        return bool(self.original.pk) and statuses == (AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED)

    def confirm_effects(self, effects):
        """Require a tick that what its signing changes in other agreements is right."""
        widget = self.fields["valid_from"].widget
        widget.effects_to_confirm = sentences = " ".join(self.instance.describe_effects(effects))
        widget.is_confirmed = self.data.get(self.add_prefix("valid_from-confirmed")) == sentences
        if sentences and not widget.is_confirmed:
            message = _("Another agreement changes: %s Correct the first day, or tick that this is right.")
            self.add_error("valid_from", message % sentences)

    def has_changed(self):
        """Save an added row even if it is unchanged: its initial values are a deal of unknown type in process."""
        return not self.instance.pk or super().has_changed()


class AgreementChangeForm(AgreementForm):
    def _post_clean(self):
        super()._post_clean()
        if self.is_being_signed() and not self.errors:
            self.confirm_effects(self.instance.renewal_effects(on=localdate()))


class AgreementInlineForm(AgreementForm):
    """Row of an agreement with the lines of what it offers and the documents to add, if its formset has them."""

    mobilities = upload = None
    is_blank = False
    """The page had the row from the beginning, so it is saved only if something is entered."""

    @property
    def offers(self):
        return summarize(getattr(self.original, "displayed_mobilities", ()))

    @property
    def is_open(self):
        """Return True if the offer is unfolded: that of a new agreement, or one with changes or errors."""
        lines = self.mobilities
        return not self.original.pk or (lines.is_bound and (lines.has_changed() or not lines.is_valid()))

    def has_changed(self):
        if self.instance.pk or not self.is_blank:
            return super().has_changed()
        nested = [form for form in (self.mobilities, self.upload) if form]
        return bool(self.changed_data or any(form.has_changed() for form in nested))

    def _get_validation_exclusions(self):
        """Exclude the period, which the formset validates with those of the other rows."""
        return super()._get_validation_exclusions() | {"period"}


class AgreementFormSet(OptimisticLockingFormSet):
    """Rows of agreements with their mobilities and new documents, saved together."""

    mobility_formset = None
    """The class of the formsets of mobilities. None if the user may not change them."""
    can_add_documents, user = False, None

    def add_fields(self, form, index):
        super().add_fields(form, index)
        is_extra = index is not None and not form.instance.pk
        form.is_blank = form.add_prefix(BLANK_FIELD) in self.data if form.is_bound else is_extra
        if not self.mobility_formset or not self._displays_mobilities(form):
            return
        data, files = (self.data, self.files) if form.is_bound else (None, None)
        form.mobilities = self.mobility_formset(data, instance=form.instance, prefix=form.add_prefix("mobilities"))
        if self.can_add_documents:
            form.upload = DocumentUploadForm(data, files, prefix=form.prefix)

    def is_multipart(self):
        return self.can_add_documents

    @property
    def nested_formsets(self):
        return [form.mobilities for form in self.remaining_forms() if form.mobilities]

    @property
    def upload_forms(self):
        return [form.upload for form in self.remaining_forms() if form.upload]

    @property
    def errors(self):
        errors = list(super().errors)
        for formset in self.nested_formsets:
            errors += formset.errors
        return errors + [form.errors for form in self.upload_forms]

    def is_valid(self):
        return super().is_valid() and all(form.is_valid() for form in [*self.nested_formsets, *self.upload_forms])

    def clean(self):
        """Validate the rows with each other, as one may make room for another in the same save."""
        super().clean()
        if not any(super().errors):
            rows_by_slot = defaultdict(list)
            for form in self.remaining_forms():
                rows_by_slot[unique_slot(form.instance)].append(form)
            for rows in rows_by_slot.values():
                reject_duplicates(rows)
                validate_renewals(rows)
        for form in self.remaining_forms():
            if form.upload:
                form.upload.reject_known(form.instance)
        if not any(self.errors) and all(formset.is_valid() for formset in self.nested_formsets):
            store_uploads(self.upload_forms)

    def save(self, commit=True):
        """Save those that become signed last, as they shorten or end others."""
        agreements = super().save(commit=False)
        if commit:
            for agreement in self.deleted_objects:
                agreement.delete()
            renewals = [form.instance for form in forms_being_signed(self.remaining_forms())]
            others = [agreement for agreement in agreements if agreement not in renewals]
            # Without history, so that others can take the place of those in process.
            Agreement.objects.filter(pk__in=[renewal.pk for renewal in renewals]).update(status=AgreementStatus.ENDED)
            release_unique_slots(others)
            for agreement in [*others, *renewals]:
                agreement._change_reason = "edited on the university's page"
                if agreement in renewals:
                    agreement.end_predecessors(on=localdate())
                agreement.save()
            self._save_mobilities_and_documents()
        return agreements

    def remaining_forms(self):
        """Return the forms of the agreements that there are after saving, also of those with errors."""
        if not self.is_bound:
            return self.forms
        undeleted = [form for form in self.forms if not (self.can_delete and self._should_delete_form(form))]
        return [form for form in undeleted if form.instance.pk or form.has_changed()]

    def _displays_mobilities(self, form):
        """Return whether the form has its mobilities: on a page that displayed them, or that does not get too long."""
        if form.is_bound:
            return f"{form.add_prefix('mobilities')}-{TOTAL_FORM_COUNT}" in self.data
        return not form.instance.pk or self._line_count <= MAX_LINES

    @cached_property
    def _line_count(self):
        return sum(1 + len(agreement.displayed_mobilities) for agreement in self.get_queryset())

    def _save_mobilities_and_documents(self):
        for form in self.remaining_forms():
            if form.mobilities:
                form.mobilities.save()
                self.new_objects += form.mobilities.new_objects
            if form.upload:
                form.upload.attach_to(form.instance, self.user)
                self.new_objects += form.upload.stored


def forms_being_signed(rows):
    """Return the forms of agreements that become signed, in the order in which they are saved: by their start."""
    signed = [form for form in rows if form.is_being_signed()]
    return sorted(signed, key=lambda form: form.instance.period.bounds)


def reject_duplicates(rows):
    """Add an error to each form of an agreement that cannot exist beside another. Renewals are validated apart."""
    for form, other in combinations(rows, 2):
        if form.is_being_signed() != other.is_being_signed() or not exclude_each_other(form.instance, other.instance):
            continue
        first, second = (form, other) if other.has_changed() else (other, form)
        if second.instance.status == AgreementStatus.IN_PROCESS:
            second.add_error("agreement_type", SAME_IN_PROCESS)
            continue
        try:
            second.instance.validate_no_overlap([first.instance])
        except ValidationError as error:
            second.add_error("valid_from", error)


def validate_renewals(rows):
    """Validate the agreements that become signed beside the signed ones of their type and scope."""
    siblings = [form.instance for form in rows if not form.is_being_signed()]
    for form in forms_being_signed(rows):
        try:
            effects = form.instance.renewal_effects(localdate(), siblings)
        except ValidationError as error:
            form.add_error("valid_from", error)
        else:
            form.confirm_effects(effects)
            siblings = [sibling for sibling in siblings if sibling not in effects.ended] + [form.instance]


class AgreementInline(PlainSelectMixin, OptimisticLockingInline):
    model = Agreement
    form = AgreementInlineForm
    formset = AgreementFormSet
    template = "admin/partners/university/agreements.html"
    fields = [("agreement_type", "scope", "status"), ("signed_on", "valid_from", "valid_until", "is_open_ended")]

    class Media:
        js = ["partners/mobilities.js"]

    def get_queryset(self, request):
        mobilities = Prefetch("mobilities", annotate_version(Mobility.objects.all()), "displayed_mobilities")
        documents = Prefetch("documents", Document.objects.active(), "active_documents")
        agreements = super().get_queryset(request).select_related("university", "agreement_type")
        return agreements.prefetch_related(mobilities, documents)

    def get_extra(self, request, obj=None, **kwargs):
        """Return the number of blank rows to begin with, which a page without script asks for."""
        rows = request.GET.get(ROWS_PARAM, "")
        return int(rows) if re.fullmatch("[1-9]", rows) else 0

    def get_formset(self, request, obj=None, **kwargs):
        formset, nested = super().get_formset(request, obj, **kwargs), (Agreement, self.admin_site)
        formset.user = request.user
        if can_change_agreements(request.user):
            lines = {"formset": NestedMobilityFormSet, "extra": formset.extra}
            formset.mobility_formset = MobilityInline(*nested).get_formset(request, **lines)
            formset.can_add_documents = DocumentInline(*nested).has_add_permission(request, obj)
        return formset

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "agreement_type":  # The choices are queried once for all rows.
            field.choices = list(field.choices)
        return field
