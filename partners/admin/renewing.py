"""Bulk renewal of agreements: create an in-process copy of each, for the period that follows."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.bulk_views import AgreementRowForm, AgreementRowsView
from partners.admin.form_fields import DateField
from partners.models import Agreement, Mobility
from partners.models.runs import RunAction
from partners.runs.bulk_write import ChangeContext, bulk_create_with_history


class RenewForm(AgreementRowForm):
    shared_fields = ["valid_from", "valid_until", "is_open_ended", "next_step"]

    class Meta:
        model = Agreement
        fields = ["valid_from", "valid_until", "is_open_ended", "next_step"]
        field_classes = {"valid_from": DateField, "valid_until": DateField}
        help_texts = {"valid_until": "", "is_open_ended": "", "next_step": ""}

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, instance=instance.build_renewal(), **kwargs)
        self.original = instance
        self.instance._change_reason = "renewal"


class BulkRenewView(AgreementRowsView):
    name, action_name, action_label = "renew", "renew_selected", gettext_lazy("Renew selected")
    run_action = RunAction.RENEW
    form, queryset = RenewForm, Agreement.objects.signed().not_followed().with_renewal().filter(has_renewal=False)
    title, button = gettext_lazy("Renew agreements"), gettext_lazy("Renew")
    note = gettext_lazy(
        "Each agreement gets a copy in process for the period that follows, with what it offers and its other details. "
        "The agreement itself stays as it is until the copy is signed."
    )
    success_message = gettext_lazy("Renewed, and in process")

    def save(self, run):
        """Save the renewals, and copy what the agreements offer to them."""
        super().save(run)
        renewals = {form.original.pk: form.instance for form in self.row_forms}
        mobilities = Mobility.objects.filter(agreement__in=renewals)
        copies = [mobility.build_renewed(renewals[mobility.agreement_id]) for mobility in mobilities]
        bulk_create_with_history(Mobility, copies, len(copies), ChangeContext("renewal", self.request.user, run))

    def skip_reason(self, agreement):
        return why_not_renewable(agreement) or super().skip_reason(agreement)


def why_not_renewable(agreement):
    """Return the reason why a signed agreement has no further renewal, or None if it can be renewed."""
    signed = Agreement.objects.signed().with_successor().with_renewal().filter(pk=agreement.pk).first()
    if signed and signed.successor_start:
        return _("renewed from %s.") % date_format(signed.successor_start)
    return _("its renewal is in process.") if signed and signed.has_renewal else None
