"""A university's agreements, edited together on its page."""

from collections import defaultdict

from django.contrib import admin
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
        """The day on which an agreement ended goes with its end. The row has no field for it."""
        if self.cleaned_data.get("status") != AgreementStatus.ENDED:
            self.instance.ended_on = None
        return super().clean()

    def has_changed(self):
        """A line that was added and left as it stands is a deal of unknown type in process."""
        return not self.instance.pk or super().has_changed()

    @property
    def initial_status(self):
        return self.initial["status"] if self.instance.pk else ""


class AgreementFormSet(OptimisticLockingFormSet):
    @cached_property
    def types(self):
        """Read once for all of the lines."""
        return list(self.empty_form.fields["agreement_type"].choices)

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if index is not None:
            form.fields["agreement_type"].choices = self.types

    def clean(self):
        super().clean()
        if any(self.errors):
            return
        for rivals in self._open_by_kind().values():
            if len(rivals) > 1 and not _is_renewal(rivals):
                message = _("Another agreement of this university has the same type and status. End one of them.")
                rivals[-1].add_error("agreement_type", message)

    def save(self, commit=True):
        """A renewal comes last, and ends what it takes the place of."""
        agreements = super().save(commit=False)
        if commit:
            for agreement in self.deleted_objects:
                agreement.delete()
            renewals = [agreement for agreement in agreements if agreement.is_transition_to_signed()]
            self._make_room(agreements)
            for agreement in sorted(agreements, key=renewals.__contains__):
                agreement._change_reason = "edited on the university's page"
                if agreement in renewals:
                    agreement.end_predecessors()
                agreement.save()
        return agreements

    def _make_room(self, agreements):
        """An ended agreement stands in nobody's way, so that any may take the place of any other."""
        stored = [agreement.pk for agreement in agreements if agreement.pk]
        Agreement.objects.filter(pk__in=stored).update(status=AgreementStatus.ENDED)

    def _open_by_kind(self):
        kinds = defaultdict(list)
        for form in self.forms:
            agreement = form.instance
            is_kept = (agreement.pk or form.has_changed()) and form not in self.deleted_forms
            if is_kept and agreement.status != AgreementStatus.ENDED:
                kinds[agreement.status, agreement.agreement_type_id].append(form)
        return kinds


def _is_renewal(forms):
    statuses = sorted(form.initial_status for form in forms)
    return (
        statuses == [AgreementStatus.IN_PROCESS, AgreementStatus.SIGNED]
        and forms[0].instance.status == AgreementStatus.SIGNED
    )


class AgreementInline(OptimisticLockingInline, PlainSelectMixin, admin.TabularInline):
    model = Agreement
    form = AgreementForm
    formset = AgreementFormSet
    fields = ["agreement_type", "status", "signed_on", "valid_from", "valid_until"]
    extra = 0
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("university", "agreement_type")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Named for those who do not see the head of the column."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            field.widget.attrs["aria-label"] = capfirst(field.label)
        return field
