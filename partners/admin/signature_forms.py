"""Validation of signatures, shared by all forms on which an agreement can be signed."""

from datetime import date

from django import forms
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from partners.admin.form_fields import DateInput
from partners.enums import AgreementStatus

CONFIRMATION_FIELD = "valid_until-confirmed"


class ConfirmableDateInput(DateInput):
    """A date input, followed by a confirmation checkbox if the form sets `day_to_confirm` or `effects_to_confirm`."""

    day_to_confirm: date | None = None
    effects_to_confirm = ""
    """Sentences on what the day changes in other agreements."""
    is_confirmed = False

    def render(self, name, value, attrs=None, renderer=None):
        html = super().render(name, value, attrs, renderer)
        if self.day_to_confirm:
            value, label = self.day_to_confirm.isoformat(), _("%s is right") % date_format(self.day_to_confirm)
        elif self.effects_to_confirm:
            value, label = self.effects_to_confirm, _("this is right")
        else:
            return html
        box = forms.CheckboxInput(check_test=lambda _value: self.is_confirmed)
        box = box.render(f"{name}-confirmed", value)
        return format_html('{}<label class="confirm-date">{} {}</label>', html, box, label)


class SignatureFormMixin:
    """On signing, require confirmation of a last day that has passed, and clear the next step, which is done.

    Needs a CopyInstanceForm of agreements, whose cleaned data have the new status.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() & {"valid_from", "valid_until"}:
            self.fields[name].widget = ConfirmableDateInput(self.fields[name].widget.attrs)

    def clean(self):
        cleaned_data = super().clean()
        if self.original.status == AgreementStatus.SIGNED or cleaned_data.get("status") != AgreementStatus.SIGNED:
            return cleaned_data
        first_day, last_day = cleaned_data.get("valid_from"), cleaned_data.get("valid_until")
        if last_day and last_day < localdate() and not (first_day and first_day > last_day):
            widget = self.fields["valid_until"].widget
            widget.day_to_confirm = last_day
            widget.is_confirmed = self.data.get(self.add_prefix(CONFIRMATION_FIELD)) == last_day.isoformat()
            if not widget.is_confirmed:
                message = _("The last day, %s, has passed. Correct the year, or tick that it is right.")
                self.add_error("valid_until", message % date_format(last_day))
        if "next_step" not in self.fields:
            self.instance.next_step = ""
        elif "next_step" not in self.changed_data:
            cleaned_data["next_step"] = ""
        return cleaned_data
