"""Checks that belong to a signature, on whichever form an agreement is signed."""

from datetime import date

from django import forms
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from partners.admin.date_fields import DateInput
from partners.enums import AgreementStatus

CONFIRMED = "valid_until-confirmed"


class ConfirmableDateInput(DateInput):
    """A date input with a box to tick, as soon as its form asks whether the date is right."""

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
    """Ask whether the year is right where the last day has passed, and empty the next step, which is done."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if field := self.fields.get("valid_until"):
            field.widget = ConfirmableDateInput(field.widget.attrs)

    def is_transition_to_signed(self):
        return self.cleaned_data.get("status") == AgreementStatus.SIGNED != self.original.status

    def clean(self):
        cleaned_data = super().clean()
        if self.is_transition_to_signed():
            self._confirm_past_end()
            self._empty_next_step()
        return cleaned_data

    def _confirm_past_end(self):
        valid_from, day = (self.cleaned_data.get(name) for name in ("valid_from", "valid_until"))
        if day is None or day >= localdate() or (valid_from and valid_from > day):
            return
        widget = self.fields["valid_until"].widget
        widget.day_to_confirm = day
        widget.is_confirmed = self.data.get(self.add_prefix(CONFIRMED)) == day.isoformat()
        if not widget.is_confirmed:
            message = _("The last day, %s, has passed. Correct the year, or tick that it is right.")
            self.add_error("valid_until", message % date_format(day))

    def _empty_next_step(self):
        """Unless a new one was typed."""
        if "next_step" not in self.fields:
            self.instance.next_step = ""
        elif "next_step" not in self.changed_data:
            self.cleaned_data["next_step"] = ""
