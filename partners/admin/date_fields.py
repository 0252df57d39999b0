"""Date fields of the admin's forms: native date inputs, and any unambiguous spelling of a date."""

import re

from django import forms
from django.db import models

from partners.cells import parse_date


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")

    def get_context(self, name, value, attrs):
        """Display an invalid or differently spelled value in a text input. A native date input would drop it."""
        context = super().get_context(name, value, attrs)
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", context["widget"]["value"] or "0000-00-00"):
            context["widget"]["type"] = "text"
        return context


class DateField(forms.DateField):
    widget = DateInput

    def to_python(self, value):
        return parse_date(value) if isinstance(value, str) else super().to_python(value)


DATE_OVERRIDES = {models.DateField: {"form_class": DateField, "widget": DateInput}}
