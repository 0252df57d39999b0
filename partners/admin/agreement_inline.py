"""Inline of a university's agreements, on its change form."""

from collections import defaultdict

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from partners.admin.form_fields import PlainSelectMixin
from partners.admin.optimistic_locking import OptimisticLockingInline
from partners.admin.optimistic_locking_forms import OptimisticLockingForm, OptimisticLockingFormSet
from partners.admin.signature_forms import SignatureFormMixin
from partners.enums import AgreementStatus
from partners.models import Agreement
from partners.models.agreements import release_unique_slots, unique_slot


class AgreementForm(SignatureFormMixin, OptimisticLockingForm):
    def clean(self):
        """Clear `ended_on` if the agreement has not ended. The inline has no field for it."""
        if self.cleaned_data.get("status") != AgreementStatus.ENDED:
            self.instance.ended_on = None
        return super().clean()

    def has_changed(self):
        """Save an added row even if it is unchanged: its initial values are a deal of unknown type in process."""
        return not self.instance.pk or super().has_changed()


class AgreementFormSet(OptimisticLockingFormSet):
    def clean(self):
        super().clean()
        if any(self.errors):
            return
        slots = defaultdict(list)
        for form in self.forms:
            if form not in self.deleted_forms and (slot := unique_slot(form.instance)):
                slots[slot].append(form)
        for duplicates in slots.values():
            if len(duplicates) > 1 and not _is_renewal(duplicates):
                message = _("Another agreement of this university has the same type and status. End one of them.")
                duplicates[-1].add_error("agreement_type", message)

    def save(self, commit=True):
        """Save renewals last, as they end their predecessors."""
        agreements = super().save(commit=False)
        if commit:
            for agreement in self.deleted_objects:
                agreement.delete()
            renewals = [agreement for agreement in agreements if agreement.is_transition_to_signed()]
            release_unique_slots(agreements)
            for agreement in [*(other for other in agreements if other not in renewals), *renewals]:
                agreement._change_reason = "edited on the university's page"
                if agreement in renewals:
                    agreement.end_predecessors()
                agreement.save()
        return agreements


def _is_renewal(forms):
    """Return whether the forms of a slot are those of a signed agreement and of one in process that is being signed."""
    before = sorted(form.original.status if form.original.pk else "" for form in forms)
    is_signed = forms[0].instance.status == AgreementStatus.SIGNED
    return is_signed and before == [AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED]


class AgreementInline(PlainSelectMixin, OptimisticLockingInline):
    model = Agreement
    form = AgreementForm
    formset = AgreementFormSet
    fields = ["agreement_type", "status", "signed_on", "valid_from", "valid_until"]
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
