"""Field-by-field differences between two records or two mappings of field values, as display text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from partners.fields import FieldsOfStudyField, LanguageSkillsField, NameListField, StudyLevelsField, format_decimal
from partners.history.related_objects import RelatedObjects, tracked_model
from partners.translated_text import TranslatedTextField

EMPTY_DISPLAY = "\N{EN DASH}"
PREVIEW_LENGTH = 200
"""Characters of a value in the preview of an import and of an undo."""
LIST_FIELDS = (FieldsOfStudyField, LanguageSkillsField, NameListField, StudyLevelsField, TranslatedTextField)
EMPTY_VALUES = (None, "", {}, [])
MISSING = object()
NO_TEXTS: Mapping[str, str] = MappingProxyType({})

Values = models.Model | Mapping[str, object]
"""An instance, a historical record, or values by field name, in which a foreign key is a pk, an object or its name."""


class FieldChange(NamedTuple):
    """The change of one field. Its label is in lower case, as within a sentence."""

    name: str
    label: str
    old: str
    new: str

    def __str__(self) -> str:
        return _("%(field)s: %(old)s → %(new)s") % {"field": self.label, "old": self.old, "new": self.new}


def diff(
    old: Values,
    new: Values,
    model: type[models.Model] | None = None,
    *,
    related: RelatedObjects | None = None,
    labels: Mapping[str, str] = NO_TEXTS,
    empty_texts: Mapping[str, str] = NO_TEXTS,
    max_length: int | None = None,
) -> list[FieldChange]:
    """Return the fields that differ, in model order.

    Mappings need the `model`, and a field that only one of them has differs. Pass `related` when comparing many pairs
    of records, so that related objects are loaded once for all of them. `labels` and `empty_texts` replace the label of
    a field and the dash for no value. With `max_length`, longer texts are cut, and several lines become one.
    """
    fields = (model or tracked_model(new)).history.model.tracked_fields
    old_values, new_values = (_values_by_name(side, fields) for side in (old, new))
    changed = [field for field in fields if old_values.get(field.name, MISSING) != new_values.get(field.name, MISSING)]
    if related is None and any(field.related_model for field in changed):
        related = RelatedObjects(side for side in (old, new) if isinstance(side, models.Model))
    changes = []
    for field in changed:
        values = [old_values.get(field.name), new_values.get(field.name)]
        empty = empty_texts.get(field.name, EMPTY_DISPLAY)
        texts = [display_value(field, value, related, empty) for value in values]
        if max_length:
            texts = [_shorten(text, max_length) for text in texts]
        changes.append(FieldChange(field.name, labels.get(field.name, str(field.verbose_name)), *texts))
    return changes


def display_value(field: models.Field, value: object, related: RelatedObjects, empty: str = EMPTY_DISPLAY) -> str:
    if value in EMPTY_VALUES:
        return empty
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    key = field.related_model, value
    # A text is the pk of an institution, or a name.
    if field.related_model and (isinstance(value, int) or (isinstance(value, str) and key in (related or ()))):
        return related.display_name(key)
    if isinstance(value, datetime):
        return date_format(localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value)
    if isinstance(value, Decimal):
        return format_decimal(value)
    if isinstance(field, LIST_FIELDS):
        return ", ".join(field.labels(value))
    values, labels = value if isinstance(value, list) else [value], dict(field.flatchoices)
    return ", ".join(str(labels.get(single, single)) for single in values)


def _values_by_name(values: Values, fields: Iterable[models.Field]) -> Mapping[str, object]:
    if isinstance(values, Mapping):
        return values
    return {field.name: getattr(values, field.attname) for field in fields}


def _shorten(text: str, max_length: int) -> str:
    line = ", ".join(filter(None, text.split("\n")))
    if len(line) <= max_length:
        return line
    params = {"beginning": line[:max_length].rstrip(), "length": len(text)}
    return _("%(beginning)s… (%(length)d characters)") % params
