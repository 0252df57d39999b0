"""A text in several languages: a model field that stores it as JSON, and the form field with an input for each."""

from __future__ import annotations

import json

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from partners.fields import CleanOnSaveMixin, MultilineTextField

TEXT_FIELD = MultilineTextField()


class TranslatedText(dict):
    """Texts by language code."""

    @property
    def language(self) -> str:
        """The active language if it has a text, else the first of LANGUAGES that has one, else any."""
        codes = [get_language(), *dict(settings.LANGUAGES), *self]
        return next((code for code in codes if self.get(code)), "")

    @property
    def text(self) -> str:
        """The text to show to a reader of the active language, or an empty string."""
        return self.get(self.language, "")

    @property
    def direction(self) -> str:
        return "rtl" if self.language in settings.LANGUAGES_BIDI else "ltr"

    @property
    def is_foreign(self) -> bool:
        """Return True if the text is in another language than the page, which then has to mark it."""
        return self.language not in ("", get_language())


class TranslatedTextarea(forms.Textarea):
    """A labelled text area for each of LANGUAGES, all of one name."""

    use_fieldset = True

    def __init__(self, attrs=None):
        super().__init__({"rows": 4} | (attrs or {}))

    def id_for_label(self, id_):
        return ""

    def value_from_datadict(self, data, files, name):
        return data.getlist(name)

    def render(self, name, value, attrs=None, renderer=None):
        inputs = []
        for index, (code, label) in enumerate(settings.LANGUAGES):
            direction = "rtl" if code in settings.LANGUAGES_BIDI else "ltr"
            own_attrs = (attrs or {}) | {"id": f"id_{name}_{code}", "lang": code, "dir": direction}
            text = value[index] if value and index < len(value) else ""
            textarea = super().render(name, text, own_attrs, renderer)
            inputs.append((own_attrs["id"], code, label, textarea))
        rows = format_html_join("", '<div><label for="{}" lang="{}">{}</label>{}</div>', inputs)
        return format_html('<div class="translations">{}</div>', rows)


class TranslatedTextFormField(forms.Field):
    """Form field that cleans a list of texts, in the order of LANGUAGES, to a TranslatedText."""

    widget = TranslatedTextarea

    def to_python(self, value):
        return TranslatedTextField().to_python(dict(zip(dict(settings.LANGUAGES), value or [], strict=False)))

    def has_changed(self, initial, data):
        return self.to_python(initial) != self.to_python(data)


class TranslatedTextField(CleanOnSaveMixin, models.JSONField):
    """Texts by language code, normalized, without empty ones."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"default": TranslatedText, "blank": True} | kwargs)

    def to_python(self, value):
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise ValidationError(_("Not texts by language: “%(value)s”."), "invalid", {"value": str(value)[:100]})
        texts = {code: TEXT_FIELD.to_python(text) for code, text in value.items()}
        return TranslatedText({code: text for code, text in texts.items() if text})

    def run_validators(self, value):
        for text in value.values():
            TEXT_FIELD.run_validators(text)

    def from_db_value(self, value, expression, connection):
        value = super().from_db_value(value, expression, connection)
        return TranslatedText(value) if isinstance(value, dict) else value

    def value_from_object(self, instance):
        """Return a list in the order of LANGUAGES, as the form field expects it."""
        texts = super().value_from_object(instance)
        return [texts.get(code, "") for code, _label in settings.LANGUAGES]

    def save_form_data(self, instance, data):
        """Keep the texts of other languages than LANGUAGES, which the form did not have."""
        codes, texts = dict(settings.LANGUAGES), getattr(instance, self.attname)
        others = {code: text for code, text in texts.items() if code not in codes}
        super().save_form_data(instance, TranslatedText(others | data))

    def value_to_string(self, instance):
        # PostgreSQL has an order of keys of its own.
        return json.dumps(super().value_from_object(instance), ensure_ascii=False, sort_keys=True)

    @staticmethod
    def labels(value):
        """Return the texts with their codes, in the order of LANGUAGES: PostgreSQL keeps none."""
        codes = dict.fromkeys([*dict(settings.LANGUAGES), *sorted(value)])
        return [f"{code}: {value[code]}" for code in codes if code in value]

    def formfield(self, **kwargs):
        """Return a field for all languages, even if the admin asks for another widget."""
        own = {"form_class": TranslatedTextFormField, "widget": TranslatedTextarea, "show_hidden_initial": False}
        return models.Field.formfield(self, **kwargs | own)
