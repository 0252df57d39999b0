"""Forms of agreements, and the inline of a university's agreements on its change form."""

from collections import defaultdict
from datetime import date
from itertools import combinations

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from partners.admin.form_fields import PlainSelectMixin
from partners.admin.optimistic_locking import OptimisticLockingInline
from partners.admin.optimistic_locking_forms import OptimisticLockingForm, OptimisticLockingFormSet
from partners.admin.signature_forms import SignatureFormMixin
from partners.enums import AgreementStatus
from partners.models import Agreement
from partners.models.agreements import exclude_each_other, release_unique_slots, unique_slot
from partners.name_normalization import matching_key


class AgreementForm(SignatureFormMixin, OptimisticLockingForm):
    def clean_scope(self):
        """Take over the spelling that the register has of a scope. A spelling alone can still be corrected."""
        scope = self.cleaned_data["scope"]
        key = matching_key(scope)
        if key == self.original.scope_key:
            return scope
        return Agreement.objects.scopes().filter(scope_key=key).first() or scope

    def clean(self):
        """Clear the day and the reason of its end if the agreement has not ended. The inline has no field for them."""
        if self.cleaned_data.get("status") != AgreementStatus.ENDED:
            self.instance.ended_on, self.instance.end_reason = None, ""
        return super().clean()

    def has_changed(self):
        """Save an added row even if it is unchanged: its initial values are a deal of unknown type in process."""
        return not self.instance.pk or super().has_changed()


class AgreementInlineForm(AgreementForm):
    def is_being_signed(self):
        """Return whether this save signs it, which shortens or ends those that it follows."""
        statuses = self.original.status, self.instance.status
        return bool(self.original.pk) and statuses == (AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED)

    def _get_validation_exclusions(self):
        """Exclude the period, which the formset validates with those of the other rows."""
        return super()._get_validation_exclusions() | {"period"}


class AgreementFormSet(OptimisticLockingFormSet):
    def clean(self):
        """Validate the rows with each other, as one may make room for another in the same save."""
        super().clean()
        if any(self.errors):
            return
        rows = [form for form in self.forms if form not in self.deleted_forms]
        for form, other in combinations(rows, 2):
            if form.is_being_signed() == other.is_being_signed() and exclude_each_other(form.instance, other.instance):
                reject_duplicate(*(form, other) if other.has_changed() else (other, form))
        signed_by_slot = defaultdict(list)
        for form in rows:
            if form.instance.status == AgreementStatus.SIGNED and not form.is_being_signed():
                signed_by_slot[unique_slot(form.instance)].append(form.instance)
        for form in filter(AgreementInlineForm.is_being_signed, rows):
            try:
                form.instance.validate_renewal(signed_by_slot[unique_slot(form.instance)], on=localdate())
            except ValidationError as error:
                form.add_error("valid_from", error)

    def save(self, commit=True):
        """Save those that are signed last, the earliest first, as they shorten or end those that they follow."""
        agreements = super().save(commit=False)
        if commit:
            for agreement in self.deleted_objects:
                agreement.delete()
            rows = [form for form in self.forms if form not in self.deleted_forms and form.is_being_signed()]
            renewals = sorted((form.instance for form in rows), key=lambda renewal: renewal.valid_from or date.min)
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


def reject_duplicate(first, second):
    """Add an error to the second form, whose agreement cannot exist beside that of the first."""
    if second.instance.status == AgreementStatus.IN_PROCESS:
        message = _("Another agreement of this university has the same type and scope in process. End one of them.")
        second.add_error("agreement_type", message)
        return
    try:
        second.instance.validate_no_overlap([first.instance])
    except ValidationError as error:
        second.add_error("valid_from", error)


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
