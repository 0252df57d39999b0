"""Bulk renewal of agreements: create an in-process copy of each, which ends the original once it is signed."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.bulk_views import AgreementRowForm, BulkAgreementView
from partners.admin.date_fields import DateField
from partners.models import Agreement


class RenewForm(AgreementRowForm):
    shared_fields = ["next_step"]

    class Meta:
        model = Agreement
        fields = ["valid_from", "valid_until", "next_step"]
        field_classes = {"valid_from": DateField, "valid_until": DateField}

    def __init__(self, *args, instance, **kwargs):
        self.predecessor = instance
        super().__init__(*args, instance=instance.build_renewal() if instance.pk else instance, **kwargs)

    @property
    def agreement(self):
        return self.predecessor

    def save(self):
        self.instance._change_reason = "renewal"
        self.instance.save()


class BulkRenewView(BulkAgreementView):
    form = RenewForm
    title, button = gettext_lazy("Renew agreements"), gettext_lazy("Renew")
    note = gettext_lazy(
        "A copy in process follows each agreement, with its places and other details. "
        "The agreement stays in force until the copy is signed."
    )
    success_message = gettext_lazy("Renewed, and in process")

    def get_eligible_queryset(self):
        return Agreement.objects.signed().with_renewal().filter(has_renewal=False)

    def skip_reason(self, agreement):
        if Agreement.objects.signed().filter(pk=agreement.pk).exists():
            return _("its renewal is in process.")
        return super().skip_reason(agreement)

    def message_success(self, agreement_forms):
        # The message links to the renewals.
        for form in agreement_forms:
            form.predecessor = form.instance
        super().message_success(agreement_forms)
