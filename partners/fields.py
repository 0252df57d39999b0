"""Model fields that normalize their values, and derive matching keys, whenever a row is saved."""

import re
from functools import reduce
from itertools import product

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext as _

from partners import fields_of_study, language_skills, validators
from partners.enums import StudyLevel
from partners.name_normalization import matching_key, normalize, normalize_name, search_lines, split_names

MAX_NAME_LENGTH = 200
MAX_NAME_LIST_LENGTH = 10_000
# The capacity of a spreadsheet cell, in characters.
MAX_TEXT_LENGTH = 32_767


def format_decimal(number):
    """Return a Decimal as text without zeros at its end, such as “7.5” or “20”."""
    return f"{number.normalize():f}"


class CleanOnSaveMixin:
    """Normalize values at every save, not only in forms, with a default of ``max_length``. Needs a model field.

    Subclasses have ``clean_value``, a function of a value other than None.
    """

    default_max_length = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": self.default_max_length} | kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        return value if value is None else self.clean_value(value)

    def pre_save(self, model_instance, add):
        setattr(model_instance, self.attname, value := self.to_python(getattr(model_instance, self.attname)))
        return value


class NameField(CleanOnSaveMixin, models.CharField):
    default_max_length = MAX_NAME_LENGTH
    default_validators = [validators.validate_name]
    clean_value = staticmethod(normalize_name)


class NameListField(CleanOnSaveMixin, models.TextField):
    """Names, one per line."""

    default_max_length = MAX_NAME_LIST_LENGTH
    default_validators = [MaxLengthValidator(MAX_NAME_LIST_LENGTH)]

    @staticmethod
    def clean_value(value):
        return "\n".join(split_names(value))

    @staticmethod
    def labels(value):
        return value.split("\n")

    def run_validators(self, value):
        super().run_validators(value)
        for name in value.split("\n") if value else ():
            if len(name) > MAX_NAME_LENGTH:
                message = _("“%(value)s…” has %(length)d characters, and %(most)d fit. Shorten it.")
                params = {"value": name[:40], "length": len(name), "most": MAX_NAME_LENGTH}
                raise ValidationError(message, "long_name", params)
            validators.validate_name(name)


class MultilineTextField(CleanOnSaveMixin, models.TextField):
    default_max_length = MAX_TEXT_LENGTH
    default_validators = [MaxLengthValidator(MAX_TEXT_LENGTH), validators.validate_multiline_text]

    @staticmethod
    def clean_value(value):
        return re.sub(r"\r\n?", "\n", normalize("NFC", value)).strip()


class CodesField(CleanOnSaveMixin, models.CharField):
    """Base of fields with several codes, joined by a separator. Forms have a list of them."""

    separator: str
    formfield_options: dict

    def value_from_object(self, instance):
        return [code for code in super().value_from_object(instance).split(self.separator) if code]

    def value_to_string(self, instance):
        return super().value_from_object(instance)

    def save_form_data(self, instance, data):
        super().save_form_data(instance, self.separator.join(data))

    def formfield(self, **kwargs):
        """Return multiple choices, even if the admin asks for another widget."""
        own = {"form_class": forms.MultipleChoiceField} | self.formfield_options
        return models.Field.formfield(self, **kwargs | own)


class StudyLevelsField(CodesField):
    """Values of StudyLevel, comma-separated, in the order of the enumeration."""

    separator = ","
    formfield_options = {"widget": forms.CheckboxSelectMultiple, "choices": StudyLevel.choices}

    def to_python(self, value):
        levels = [level for level in value.split(",") if level] if isinstance(value, str) else value or []
        validators.validate_study_levels(levels)
        return ",".join(level for level in StudyLevel.values if level in levels)

    @staticmethod
    def labels(value):
        return [str(StudyLevel(level).label) for level in value.split(",") if level]


class FieldsOfStudyField(CodesField):
    """Codes of ISCED-F 2013, separated by spaces, none of them within another; or ``all``."""

    default_max_length = 500
    separator = " "
    formfield_options = {"choices": fields_of_study.field_choices}

    @staticmethod
    def clean_value(value):
        return " ".join(fields_of_study.parse_codes(value))

    @staticmethod
    def labels(value):
        return [fields_of_study.field_title(code) for code in value.split()]


class LanguageSkillsFormField(forms.CharField):
    """Text such as “English B2, German B1” that cleans to what LanguageSkillsField stores."""

    def to_python(self, value):
        return language_skills.encode(language_skills.parse(super().to_python(value)))

    def prepare_value(self, value):
        """Return names of languages for a stored value, and a text that is none as it was typed."""
        try:
            return ", ".join(map(str, language_skills.parse(value or "")))
        except ValidationError:
            return value


class LanguageSkillsField(CleanOnSaveMixin, models.CharField):
    """Languages with their levels, stored as ``en B2,fr``. It takes names of languages too."""

    default_max_length = 200

    @staticmethod
    def clean_value(value):
        return language_skills.encode(language_skills.parse(value))

    @staticmethod
    def labels(value):
        return [str(skill) for skill in language_skills.decode(value)]

    def formfield(self, **kwargs):
        """Return a field for a text, which may be longer than what is stored."""
        return models.Field.formfield(self, **kwargs | {"form_class": LanguageSkillsFormField})


class SearchKeyField(models.TextField):
    """The matching keys of other fields, one per line, derived whenever the row is saved.

    A source may be a field of a related object, such as ``institution__names``. The collation is binary, so that both
    databases sort and search it alike.
    """

    def __init__(self, *args, sources=("name",), **kwargs):
        self.sources = tuple(sources)
        super().__init__(*args, **{"editable": False, "db_collation": "BINARY"} | kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"sources": self.sources}

    def pre_save(self, model_instance, add):
        lines = []
        for source in self.sources:
            *relations, name = source.split("__")
            owner = reduce(getattr, relations, model_instance)
            lines += getattr(owner, name).split("\n") if owner else ()
        setattr(model_instance, self.attname, value := self.derive(lines))
        return value

    @staticmethod
    def derive(lines):
        return "\n".join(filter(None, map(matching_key, lines)))


class SearchTextField(SearchKeyField):
    """The words of other fields as ``search_lines`` makes them, derived whenever the row is saved."""

    derive = staticmethod(search_lines)


def update_search_keys(model, instances):
    """Derive the search keys of instances, as ``save`` would and ``bulk_update`` would not. Return their names.

    The related objects that the keys follow from are read for all instances at once.
    """
    fields = [field for field in model._meta.fields if isinstance(field, SearchKeyField)]
    relations = {source.rpartition("__")[0] for field in fields for source in field.sources if "__" in source}
    models.prefetch_related_objects(instances, *relations)
    for field, instance in product(fields, instances):
        field.pre_save(instance, add=False)
    return {field.name for field in fields}
