"""Inline of a university's agreements, on its change form."""

from collections import defaultdict

from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from partners.admin.form_fields import PlainSelectMixin
from partners.admin.optimistic_locking import OptimisticLockingInline
from partners.admin.optimistic_locking_forms import OptimisticLockingForm, OptimisticLockingFormSet
from partners.admin.signature_forms import SignatureFormMixin
from partners.enums import AgreementStatus
from partners.models import Agreement


class AgreementForm(SignatureFormMixin, OptimisticLockingForm):
    def clean(self):
        """Clear `ended_on`, which the inline has no field for, if the agreement has not ended."""
        if self.cleaned_data.get("status") != AgreementStatus.ENDED:
            self.instance.ended_on = None
        return super().clean()

    def has_changed(self):
        """Save an added row even if it is unchanged: its initial values are a deal of unknown type in process."""
        return not self.instance.pk or super().has_changed()

    @property
    def initial_status(self):
        return self.initial["status"] if self.instance.pk else ""


class AgreementFormSet(OptimisticLockingFormSet):
    @cached_property
    def type_choices(self):
        """Choices of agreement types, queried once for all rows."""
        return list(self.empty_form.fields["agreement_type"].choices)

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if index is not None:
            form.fields["agreement_type"].choices = self.type_choices

    def clean(self):
        super().clean()
        if any(self.errors):
            return
        for duplicates in self._open_forms_by_slot().values():
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
            self._release_unique_slots(agreements)
            for agreement in sorted(agreements, key=renewals.__contains__):
                agreement._change_reason = "edited on the university's page"
                if agreement in renewals:
                    agreement.end_predecessors()
                agreement.save()
        return agreements

    def _release_unique_slots(self, agreements):
        """Set existing agreements to ended first, so that swapping types or statuses breaks no unique constraint."""
        existing = [agreement.pk for agreement in agreements if agreement.pk]
        Agreement.objects.filter(pk__in=existing).update(status=AgreementStatus.ENDED)

    def _open_forms_by_slot(self):
        """Group the forms of open agreements by status and type, which have to be unique within a university."""
        slots = defaultdict(list)
        for form in self.forms:
            agreement = form.instance
            is_saved = (agreement.pk or form.has_changed()) and form not in self.deleted_forms
            if is_saved and agreement.status != AgreementStatus.ENDED:
                slots[agreement.status, agreement.agreement_type_id].append(form)
        return slots


def _is_renewal(forms):
    statuses = sorted(form.initial_status for form in forms)
    return (
        statuses == [AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED]
        and forms[0].instance.status == AgreementStatus.SIGNED
    )


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
        return field
