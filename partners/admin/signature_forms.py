"""Validation of signatures, shared by all forms on which an agreement can be signed."""

from datetime import date

from django import forms
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from partners.admin.date_fields import DateInput
from partners.enums import AgreementStatus

CONFIRMATION_FIELD = "valid_until-confirmed"


class ConfirmableDateInput(DateInput):
    """A date input, followed by a confirmation checkbox if the form sets `day_to_confirm`."""

    day_to_confirm: date | None = None
    is_confirmed = False

    def render(self, name, value, attrs=None, renderer=None):
        html = super().render(name, value, attrs, renderer)
        if self.day_to_confirm is None:
            return html
        box = forms.CheckboxInput(check_test=lambda _value: self.is_confirmed)
        box = box.render(f"{name}-confirmed", self.day_to_confirm.isoformat())
        label = _("%s is right") % date_format(self.day_to_confirm)
        return format_html('{}<label class="confirm-date">{} {}</label>', html, box, label)


class SignatureFormMixin:
    """On signing, require confirmation of a last day that has passed, and clear the next step, which is done."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if field := self.fields.get("valid_until"):
            field.widget = ConfirmableDateInput(field.widget.attrs)

    def is_transition_to_signed(self):
        return self.cleaned_data.get("status") == AgreementStatus.SIGNED != self.original.status

    def clean(self):
        cleaned_data = super().clean()
        if self.is_transition_to_signed():
            self._require_confirmed_past_end()
            self._clear_unchanged_next_step()
        return cleaned_data

    def _require_confirmed_past_end(self):
        valid_from, last_day = (self.cleaned_data.get(name) for name in ("valid_from", "valid_until"))
        if last_day is None or last_day >= localdate() or (valid_from and valid_from > last_day):
            return
        widget = self.fields["valid_until"].widget
        widget.day_to_confirm = last_day
        widget.is_confirmed = self.data.get(self.add_prefix(CONFIRMATION_FIELD)) == last_day.isoformat()
        if not widget.is_confirmed:
            message = _("The last day, %s, has passed. Correct the year, or tick that it is right.")
            self.add_error("valid_until", message % date_format(last_day))

    def _clear_unchanged_next_step(self):
        if "next_step" not in self.fields:
            self.instance.next_step = ""
        elif "next_step" not in self.changed_data:
            self.cleaned_data["next_step"] = ""
