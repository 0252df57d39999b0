"""Forms of agreements, and the inline of a university's agreements on its change form."""

from collections import defaultdict
from itertools import combinations

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from partners.admin.form_fields import PlainSelectMixin
from partners.admin.optimistic_locking import OptimisticLockingInline
from partners.admin.optimistic_locking_forms import OptimisticLockingForm, OptimisticLockingFormSet
from partners.admin.signature_forms import ConfirmableDateInput, SignatureFormMixin
from partners.enums import AgreementStatus
from partners.models import Agreement
from partners.models.agreement_slots import SAME_IN_PROCESS, exclude_each_other, release_unique_slots, unique_slot
from partners.name_normalization import matching_key


class AgreementForm(SignatureFormMixin, OptimisticLockingForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if field := self.fields.get("valid_from"):
            field.widget = ConfirmableDateInput(field.widget.attrs)

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
    def _get_validation_exclusions(self):
        """Exclude the period, which the formset validates with those of the other rows."""
        return super()._get_validation_exclusions() | {"period"}


class AgreementFormSet(OptimisticLockingFormSet):
    def clean(self):
        """Validate the rows with each other, as one may make room for another in the same save."""
        super().clean()
        if any(self.errors):
            return
        rows_by_slot = defaultdict(list)
        for form in self.remaining_forms():
            rows_by_slot[unique_slot(form.instance)].append(form)
        for rows in rows_by_slot.values():
            reject_duplicates(rows)
            validate_renewals(rows)

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
        return agreements

    def remaining_forms(self):
        deleted = self.deleted_forms
        return [form for form in self.forms if form not in deleted]


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
            effects = form.instance.validate_renewal(siblings, on=localdate())
        except ValidationError as error:
            form.add_error("valid_from", error)
        else:
            form.confirm_effects(effects)
            siblings = [sibling for sibling in siblings if sibling not in effects.ended] + [form.instance]


class AgreementInline(PlainSelectMixin, OptimisticLockingInline):
    model = Agreement
    form = AgreementInlineForm
    formset = AgreementFormSet
    fields = ["agreement_type", "scope", "status", "signed_on", "valid_from", "valid_until", "is_open_ended"]
    extra = 0
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("university", "agreement_type")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:  # The label is a column header only, which a screen reader doesn't connect with the input.
            field.widget.attrs["aria-label"] = capfirst(field.label)
        if db_field.name == "agreement_type":  # The choices are queried once for all rows.
            field.choices = list(field.choices)
        return field
