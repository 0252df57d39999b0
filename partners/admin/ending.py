"""Bulk ending of agreements, immediately or on a future day."""

from collections import defaultdict

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.bulk_views import AgreementRowForm, AgreementRowsView
from partners.admin.form_fields import DateField
from partners.enums import AgreementStatus
from partners.models import Agreement
from partners.models.runs import RunAction
from partners.validators import validate_name

MAX_REASON_LENGTH = 80
"""Characters. `history_change_reason` has 100, which include a prefix."""


class EndForm(AgreementRowForm):
    shared_fields = ["on", "reason"]
    on = DateField(label=gettext_lazy("ends on"))
    reason = forms.CharField(label=gettext_lazy("reason"), max_length=MAX_REASON_LENGTH, validators=[validate_name])

    class Meta:
        model = Agreement
        fields = []

    def clean_on(self):
        on, agreement = self.cleaned_data["on"], self.instance
        if on <= localdate():
            return on
        if agreement.status != AgreementStatus.SIGNED:
            raise forms.ValidationError(
                _("An agreement in process cannot end on a day in the future. Write today or an earlier day.")
            )
        if agreement.valid_until and agreement.valid_until <= on:
            last = date_format(agreement.valid_until)
            raise forms.ValidationError(_("It ends on %s already. To prolong it, renew it.") % last)
        if agreement.valid_from and on < agreement.valid_from:
            message = _("It begins on %s only. Write a day from then on, or today if it shall not begin.")
            raise forms.ValidationError(message % date_format(agreement.valid_from))
        return on

    def save(self):
        on, reason = self.cleaned_data["on"], self.cleaned_data["reason"]
        if on > localdate():
            self.instance.schedule_end(on, _("will end: %s") % reason)
        else:
            self.instance.end(on, _("ended: %s") % reason, reason)
        return self.instance

    @property
    def outcome(self):
        on = self.cleaned_data["on"]
        return _("Ends on %s") % date_format(on) if on > localdate() else _("Ended")


class BulkEndView(AgreementRowsView):
    name, action_name, action_label = "end", "end_selected", gettext_lazy("End selected")
    run_action = RunAction.END
    form, queryset, initial = EndForm, Agreement.objects.open(), {"on": localdate}
    title, button = gettext_lazy("End agreements"), gettext_lazy("End")
    note = gettext_lazy(
        "If the day is in the future, the agreement stays in force until then, and that day becomes its last. "
        "Students do not see agreements that have ended. The register keeps them."
    )

    def save(self, run):
        agreements = defaultdict(list)
        for form in self.row_forms:
            agreements[form.outcome].append(form.save())
        for outcome, group in agreements.items():
            self.add_success_message(outcome, group, run)
