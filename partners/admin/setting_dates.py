"""Bulk setting of dates, in a row for each agreement: the ends that an imported list does not have."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.bulk_edit import find_errors
from partners.admin.bulk_views import END_FIELDS, AgreementRowForm, AgreementRowsView
from partners.admin.form_fields import DateField
from partners.models import Agreement
from partners.models.agreement_slots import release_unique_slots
from partners.models.runs import RunAction

FIELDS = ["signed_on", "valid_from", *END_FIELDS]
DATE_FIELDS = ["signed_on", "valid_from", "valid_until"]


class DatesForm(AgreementRowForm):
    shared_fields = FIELDS

    class Meta:
        model = Agreement
        fields = FIELDS
        field_classes = dict.fromkeys(DATE_FIELDS, DateField)
        help_texts = dict.fromkeys(FIELDS, "")

    def _get_validation_exclusions(self):
        """Exclude the period, which the view validates with those of the other rows."""
        return super()._get_validation_exclusions() | {"period"}

    def save(self, commit=True):
        self.instance._change_reason = "dates set"
        return super().save(commit)


class BulkDatesView(AgreementRowsView):
    name, action_name, action_label = "dates", "set_dates_of_selected", gettext_lazy("Set dates of selected")
    run_action = RunAction.EDIT
    form, queryset = DatesForm, Agreement.objects.all()
    title, button = gettext_lazy("Set dates of agreements"), gettext_lazy("Save the dates")
    note = gettext_lazy("Leave the last day empty as long as you do not know it. Tick “Open-ended” if there is none.")
    success_message = gettext_lazy("Dates set")

    def validate(self, request):
        response = super().validate(request)
        self.row_forms = [form for form in self.row_forms if form.has_changed()]
        if response or self.row_forms:
            return response
        messages.info(request, _("Nothing to change: the agreements are as you want them."))
        return redirect(self.return_url)

    def validate_rows(self, row_forms):
        if not any(form.errors for form in row_forms):
            changed = {form.instance: form for form in row_forms if form.has_changed()}
            for agreement, errors in find_errors(list(changed)):
                changed[agreement].add_error("valid_from", errors)

    def save(self, run):
        release_unique_slots([form.instance for form in self.row_forms])
        super().save(run)
