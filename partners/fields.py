"""Model fields that keep what they store clean, and matching keys in step, at every way of saving."""

import re

from django import forms
from django.core.validators import MaxLengthValidator
from django.db import models

from partners import validators
from partners.enums import StudyLevel
from partners.name_normalization import matching_key, normalize, normalize_name, split_names

NAME_LENGTH = 200
NAMES_LENGTH = 10_000
NOTE_LENGTH = 32_767
"""As many characters as a cell of a spreadsheet holds."""


class CleanOnSaveMixin:
    """Stores what ``to_python`` makes of a value, however the row is written."""

    def pre_save(self, model_instance, add):
        setattr(model_instance, self.attname, value := self.to_python(getattr(model_instance, self.attname)))
        return value


class NameField(CleanOnSaveMixin, models.CharField):
    default_validators = [validators.validate_name]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": NAME_LENGTH} | kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        return value if value is None else normalize_name(value)


class BoundedTextField(CleanOnSaveMixin, models.TextField):
    """Text of several lines and bounded length, which the form checks before anything reads the text."""

    bound = NOTE_LENGTH

    def formfield(self, **kwargs):
        return super().formfield(**{"max_length": self.bound} | kwargs)

    def run_validators(self, value):
        if value:
            MaxLengthValidator(self.bound)(value)
        super().run_validators(value)


class NameListField(BoundedTextField):
    """Names, one per line."""

    bound = NAMES_LENGTH

    def to_python(self, value):
        value = super().to_python(value)
        return value if value is None else "\n".join(split_names(value))

    def run_validators(self, value):
        super().run_validators(value)
        for name in value.split("\n") if value else ():
            validators.short_name(name, NAME_LENGTH)
            validators.validate_name(name)


class MultilineTextField(BoundedTextField):
    """Text of several lines."""

    default_validators = [validators.validate_multiline_text]

    def to_python(self, value):
        value = super().to_python(value)
        return value if value is None else re.sub(r"\r\n?", "\n", normalize("NFC", value)).strip()


class StudyLevelsField(CleanOnSaveMixin, models.CharField):
    """Study levels, in their own order and with commas between."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 60} | kwargs)

    def to_python(self, value):
        levels = [level for level in value.split(",") if level] if isinstance(value, str) else value or []
        validators.validate_study_levels(levels)
        return ",".join(level for level in StudyLevel.values if level in levels)

    def value_from_object(self, instance):
        """A list, as the check boxes of the form want it."""
        return [level for level in super().value_from_object(instance).split(",") if level]

    def value_to_string(self, instance):
        return super().value_from_object(instance)

    def formfield(self, **kwargs):
        """Check boxes in the admin too, which asks for the widget of other text."""
        boxes = {"form_class": forms.MultipleChoiceField, "widget": forms.CheckboxSelectMultiple}
        return models.Field.formfield(self, **kwargs | boxes | {"choices": StudyLevel.choices})


class SearchKeyField(models.TextField):
    """The matching keys of other fields, one per line, made anew whenever the row is written.

    Compared byte by byte ("BINARY"), so that both databases sort and search it alike.
    """

    def __init__(self, *args, of=("name",), **kwargs):
        self.of = tuple(of)
        super().__init__(*args, **{"editable": False, "db_collation": "BINARY"} | kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"of": self.of}

    def pre_save(self, model_instance, add):
        lines = [line for name in self.of for line in getattr(model_instance, name).split("\n")]
        value = "\n".join(key for key in map(matching_key, lines) if key)
        setattr(model_instance, self.attname, value)
        return value
